import { createHash } from "node:crypto";

/**
 * The container ID that `cnitool` gives to whoever has no container: both tools must mean the same
 * attachment when they are used on one node.
 *
 * @param netns the absolute path of the network namespace
 * @returns "cnitool-" and the first ten bytes of the path's SHA-512, in hexadecimal
 */
export function containerIdOf(netns: string): string {
  const digest = createHash("sha512").update(netns).digest("hex");
  return `cnitool-${digest.slice(0, 20)}`;
}
