/**
 * What plugins ask of `node:fs` when something is out of the ordinary. It is loaded when it is called.
 */

/** @returns where a symbolic link leads */
export function linkTarget(path: string): string {
  return nodeFs().readlinkSync(path);
}

/** How many blocks a file system has, and how many are free. */
export function blocksOf(path: string): { readonly all: number; readonly free: number } {
  const { blocks, bfree } = nodeFs().statfsSync(path);
  return { all: blocks, free: bfree };
}

function nodeFs(): typeof import("node:fs") {
  return require("node:fs");
}
