/** lib/sys/fs.ts for tests that run under Node, which has no bun:ffi but the originals. */
import fs from "node:fs";

export const {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} = fs;

export function findStats(path: string): fs.Stats | undefined {
  return fs.statSync(path, { throwIfNoEntry: false });
}

export function findLinkStats(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, { throwIfNoEntry: false });
}

export function fstatfsSync(fd: number): { readonly type: number } {
  return fs.statfsSync(`/proc/self/fd/${fd}`);
}
