import { findStats } from "./fs.ts";

/** Whether both paths lead to one file: hard links, bind mounts and `/proc` links included. */
export function isSameFile(a: string, b: string): boolean {
  const [first, second] = [identify(a), identify(b)];
  return first !== undefined && first === second;
}

/** @returns undefined when nothing is there, or it cannot be looked at */
function identify(path: string): string | undefined {
  const stats = findStats(path);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
