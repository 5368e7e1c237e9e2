import { isErrno } from "./errno.ts";
import { nameFile, removeFile } from "./file.ts";
import { closeSync, constants, openSync, writeFileSync } from "./fs.ts";
import { linkOpenFile } from "./libc.ts";

/** A file that has no name yet, and goes with the process if it never gets one: open(2). */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Writes a file that is there whole or not at all, whenever this process ends or the disk is full;
 * in place of what has its path.
 *
 * @throws {SyscallError} EOPNOTSUPP where the file system has only files with names: those in
 *   memory, such as /run, all have others
 */
export function writeWholeFile(
  path: string,
  content: string,
  { mode }: { readonly mode: number },
): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const fd = openSync(folder, constants.O_WRONLY | O_TMPFILE, mode);
  try {
    writeFileSync(fd, content);
    giveName(fd, path);
  } catch (error) {
    throw nameFile(error, path);
  } finally {
    closeSync(fd);
  }
}

function giveName(fd: number, path: string): void {
  for (;;) {
    try {
      linkOpenFile(fd, path);
      return;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      removeFile(path);
    }
  }
}
