/**
 * What the kernel answers, asked by meaning: for the plugins, which do not import the layers below.
 */
export { isAlreadyThere, isErrno, isNotFound } from "../sys/errno.ts";
