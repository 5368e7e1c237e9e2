import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

/** Files change in one step: whoever opens one gets the old or the new, whole. */

/** Writes a file beside its place and moves it there, when it is safe on disk. */
export function writeWhole(file: string, content: string, mode: number): void {
  const draft = draftOf(file);
  try {
    const fd = openSync(draft, "w", mode);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives a file one more name, in place of what had it. A symbolic link becomes one of its own. */
export function linkWhole(from: string, to: string): void {
  const draft = draftOf(to);
  rmSync(draft, { force: true });
  try {
    if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), draft);
    else linkSync(from, draft);
    renameSync(draft, to);
  } finally {
    // rename(2) does nothing when both names are the same file already.
    rmSync(draft, { force: true });
  }
}

/** Whether there is something, be it a symbolic link that leads nowhere. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function draftOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return `${path.slice(0, slash)}/.${path.slice(slash + 1)}-${process.pid}`;
}
