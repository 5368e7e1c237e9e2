import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { toCniError } from "../../lib/cni/failure.ts";
import { isErrno } from "../../lib/sys/errno.ts";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  findLinkStats,
  mkdirSync,
} from "../../lib/sys/fs.ts";
import { blocksOf } from "../../lib/sys/rare-files.ts";

/** @returns the directory that a clean path is in; of "/" and of ".", the same */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/**
 * Makes sure that there is a directory at `path`, parents included.
 *
 * @param mode of every directory that is created, whatever the umask
 * @throws {CniError} code 5 when something else is there
 */
export function ensureDirectory(path: string, mode: number): void {
  if (isDirectory(path)) return;
  try {
    make(path, mode);
  } catch (error) {
    if (!isErrno(error, "ENOENT") || parentOf(path) === path) throw error;
    ensureDirectory(parentOf(path), mode);
    make(path, mode); // some, as those in /proc, have their parent and cannot be made
  }
}

/** Fine if somebody else has made it in between. */
function make(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
    chmodSync(path, mode);
  } catch (error) {
    if (!isErrno(error, "EEXIST") || !isDirectory(path)) throw error;
  }
}

/**
 * @returns whether there is a directory at `path`; false when there is nothing
 * @throws {CniError} code 5 when something else is there. A symbolic link is: if somebody planted
 *   it, root would write where they please
 */
export function isDirectory(path: string): boolean {
  const status = findLinkStats(path);
  if (status === undefined) return false;
  if (status.isDirectory()) return true;
  const what = status.isSymbolicLink() ? "a symbolic link" : "a file";
  throw new CniError(ErrorCode.io, `"${path}" must be a directory, but it is ${what}`);
}

/**
 * @throws {CniError} code 50 when no file can be made in the directory at `path`, or no directory
 *   at `path` where it is missing
 */
export function expectUsable(path: string): void {
  const existing = existingPart(path);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusable(existing, toCniError(cause).msg, cause);
  }
  const blocks = blocksOf(existing);
  if (blocks.all > 0 && blocks.free === 0) throw unusable(existing, "no space left on device");
}

function existingPart(path: string): string {
  return existsSync(path) || parentOf(path) === path ? path : existingPart(parentOf(path));
}

function unusable(path: string, reason: string, cause?: unknown): CniError {
  const msg = `addresses cannot be reserved in "${path}": ${reason}`;
  return new CniError(ErrorCode.unavailable, msg, "", { cause });
}

/** @returns the error of `link(2)`, in words for people if it is the file system's */
export function explainLink(error: unknown): unknown {
  if (!isErrno(error, "EPERM", "EOPNOTSUPP", "EXDEV", "EMLINK")) return error;
  const msg =
    `${toCniError(error).msg}: "dataDir" must be on a file system with hard links, unlike FAT, and ` +
    "all that is in it on the same";
  return new CniError(ErrorCode.io, msg, "", { cause: error });
}
