import {
  closeSync,
  constants,
  fchmodSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { isErrno, isNotFound } from "./errno.ts";
import { SyscallError } from "./syscall-error.ts";

/** Files in directories that others may write to: symbolic links are never followed. */

/**
 * Writes a file of its own: whatever else had the path keeps its content, under its other names.
 *
 * @param mode of the file, whatever the umask
 * @param describe may set more on the open file
 */
export function writeNewFile(
  path: string,
  content: string,
  { mode, describe }: { mode: number; describe?: (fd: number) => void },
): void {
  const fd = create(path, mode);
  try {
    fchmodSync(fd, mode);
    describe?.(fd);
    writeFileSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

function create(path: string, mode: number): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return openSync(path, flags, mode);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    removeFile(path);
    return openSync(path, flags, mode);
  }
}

/** Fine if it is gone. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** @returns the content of a file; undefined if there is none, or a symbolic link */
export function findText(path: string): string | undefined {
  const fd = findFile(path);
  if (fd === undefined) return undefined;
  try {
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a file to read it. Nothing that is planted in its place holds up or misleads the reader.
 *
 * @returns undefined if there is none, or a symbolic link or a socket
 */
export function findFile(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP", "ENXIO")) return undefined;
    throw error;
  }
}

/** Whether `error` is what the kernel says to a call about a file, such as "no space left". */
export function isFileError(error: unknown): boolean {
  return error instanceof SyscallError || (error instanceof Error && "syscall" in error);
}
