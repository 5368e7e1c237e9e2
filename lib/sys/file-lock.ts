import { isErrno } from "./errno.ts";
import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync } from "./fs.ts";
import { flock } from "./libc.ts";
import { sleep } from "./sleep.ts";
import { toSyscallError } from "./syscall-error.ts";

const LOCK_EX = 2; // flock(2)
const LOCK_NB = 4;

/** Somebody else held the lock for as long as the caller was willing to wait. */
export class LockTimeoutError extends Error {
  override readonly name = "LockTimeoutError";

  constructor(
    readonly path: string,
    readonly seconds: number,
  ) {
    const holder = describeHolder(path);
    super(`"${path}" is still locked after ${seconds} s${holder === "" ? "" : `, by ${holder}`}`);
  }
}

/**
 * An exclusive `flock(2)` on a file. It ends with the process, however that ends, and it excludes
 * everybody who locks the same file in the same way, in whatever language.
 */
export class FileLock {
  readonly path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /**
   * Locks the file at `path`, which is created if it is missing; a symbolic link is refused.
   *
   * @param mode of the file if it is created, whatever the umask
   * @throws {LockTimeoutError} when it is not to be had within `seconds`
   * @throws {SyscallError} of flock, ENOLCK for one; or node's error of `open(2)`
   */
  static acquire(path: string, { mode, seconds }: { mode: number; seconds: number }): FileLock {
    const deadline = performance.now() + seconds * 1000;
    for (let attempt = 1; ; attempt++) {
      const fd = open(path, mode);
      try {
        if (tryLock(fd, path) && !isDeleted(fd)) return new FileLock(path, fd);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      closeSync(fd);
      if (performance.now() >= deadline) throw new LockTimeoutError(path, seconds);
      pause(attempt);
    }
  }

  release(): void {
    closeSync(this.#fd);
  }
}

function open(path: string, mode: number): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  try {
    const fd = openSync(path, flags | constants.O_CREAT | constants.O_EXCL, mode);
    fchmodSync(fd, mode);
    return fd;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return open(path, mode); // another process created it in between
  }
}

function tryLock(fd: number, path: string): boolean {
  try {
    flock(fd, LOCK_EX | LOCK_NB);
    return true;
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return false; // EWOULDBLOCK is the same number
    throw toSyscallError(error, "flock", path);
  }
}

/** The lock of a file that was removed meanwhile excludes nobody who comes later. */
function isDeleted(fd: number): boolean {
  return fstatSync(fd).nlink === 0;
}

/**
 * `flock(2)` knows no time limit, so those who wait ask again and again: soon at first, since most
 * holders are done within a millisecond, and each at random, lest they all come at once.
 */
function pause(attempt: number): void {
  const longest = Math.min(attempt, 10);
  sleep(longest * (0.2 + 0.8 * Math.random()));
}

/** @returns the process that holds the lock, as far as the kernel tells; "" if it does not */
function describeHolder(path: string): string {
  try {
    const pid = findHolder(path, readFileSync("/proc/locks", "latin1"));
    if (pid === undefined) return "";
    const command = readFileSync(`/proc/${pid}/comm`, "latin1").trimEnd();
    return `process ${pid} (${command})`;
  } catch {
    return ""; // it is gone, or /proc is not for us to read
  }
}

/** Lines such as "1: FLOCK  ADVISORY  WRITE 4711 fe:00:262147 0 EOF" (proc_locks(5)). */
function findHolder(path: string, locks: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { ino } = fstatSync(fd);
  closeSync(fd);
  const lines = locks.split("\n").map((line) => line.trim().split(/\s+/));
  const line = lines.find(([, kind, , , , file]) => kind === "FLOCK" && file?.endsWith(`:${ino}`));
  const pid = line?.[4];
  return pid === undefined || Number(pid) <= 0 ? undefined : pid;
}
