import { isErrno, isNotFound } from "./errno.ts";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "./fs.ts";
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
  } catch (error) {
    throw nameFile(error, path);
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

/**
 * Writes a short text over the one that a file holds, in place. That is for what may be lost: whoever
 * is killed meanwhile leaves parts of both. To replace the file would be safe, but takes ext4 a
 * millisecond and more, since it writes to disk at once what replaces a file.
 */
export function overwriteText(path: string, text: string, { mode }: { mode: number }): void {
  const fd = findFile(path, constants.O_WRONLY);
  if (fd === undefined) writeNewFile(path, text, { mode });
  else overwrite(fd, path, text);
}

function overwrite(fd: number, path: string, text: string): void {
  try {
    const length = writeSync(fd, new TextEncoder().encode(text));
    if (fstatSync(fd).size > length) ftruncateSync(fd, length);
  } catch (error) {
    throw nameFile(error, path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Errors about open files do not say which, and whoever has to make room must hear where.
 *
 * @returns the error with the path in it
 */
export function nameFile(error: unknown, path: string): unknown {
  if (!(error instanceof SyscallError) || error.subject !== undefined) return error;
  return new SyscallError(error.call, error.errno, path);
}

/**
 * @param position where in the file the bytes go
 * @throws the error of `write(2)`; some of them may be there then
 */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
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

/** Removes a file, or a folder with all that is in it. */
export function removeTree(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "EISDIR")) throw error;
    for (const name of readdirSync(path)) removeTree(`${path}/${name}`);
    rmdirSync(path);
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
 * Reads a file that somebody has named, which may be a device without an end or a pipe that nobody
 * writes to. Symbolic links are followed.
 *
 * @param limit in bytes
 * @returns undefined when it is no regular file, or longer
 */
export function findShortText(path: string, limit: number): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return undefined;
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= limit; length += read) {
      read = readSync(fd, buffer, length);
    }
    return length > limit ? undefined : buffer.toString("utf8", 0, length);
  } catch (error) {
    throw nameFile(error, path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a file. Nothing that is planted in its place holds up or misleads whoever does.
 *
 * @param access O_RDONLY, O_WRONLY or O_RDWR
 * @returns undefined if there is none, or a symbolic link, a socket, a pipe that nobody reads
 */
export function findFile(path: string, access: number = constants.O_RDONLY): number | undefined {
  try {
    return openSync(path, access | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP", "ENXIO")) return undefined;
    throw error;
  }
}
