import { errnoOf, isNamed } from "./errno.ts";
import { call, cString, isArm64, lastErrno, libc } from "./libc.ts";
import { Stats } from "./stats.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * The functions of `node:fs` that plugins use on every call, under the names and with the arguments
 * that they have there, straight to the C library: to load `node:fs` takes Bun as long as a fifth of a
 * whole process. They throw a {@link SyscallError}.
 */

/** include/uapi/asm-generic/fcntl.h; arm64 has some of its own. */
export const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_DIRECTORY: isArm64 ? 0o40000 : 0o200000,
  O_NOFOLLOW: isArm64 ? 0o100000 : 0o400000,
  X_OK: 1,
  W_OK: 2,
} as const;

/** Programs that we start inherit nothing but what they are handed. */
const O_CLOEXEC = 0o2000000;

/** Nobody can name such a file, but C would take what comes before the NUL for its name. */
function pathOf(path: string): Uint8Array {
  if (path.includes("\0")) throw new SyscallError("open", errnoOf("ENOENT"), path);
  return cString(path);
}

/** `open(2)`. @param mode of a new file, less the umask */
export function openSync(path: string, flags: number, mode = 0o666): number {
  const name = pathOf(path);
  return call("open", () => libc().open(name, flags | O_CLOEXEC, mode), path);
}

/** `close(2)`: done, whatever it answers. */
export function closeSync(fd: number): void {
  libc().close(fd);
}

/** `read(2)`, or `pread(2)` when given a position. @returns how many bytes; 0 at the end */
export function readSync(
  fd: number,
  buffer: ArrayBufferView,
  offset = 0,
  length = buffer.byteLength - offset,
  position?: number,
): number {
  const room = bytesOf(buffer, offset, length);
  if (length === 0) return 0;
  return position === undefined
    ? call("read", () => libc().read(fd, room, length))
    : call("read", () => libc().pread(fd, room, length, position));
}

/** `write(2)`, or `pwrite(2)` when given a position. @returns how many bytes */
export function writeSync(
  fd: number,
  data: ArrayBufferView,
  offset = 0,
  length = data.byteLength - offset,
  position?: number,
): number {
  const bytes = bytesOf(data, offset, length);
  if (length === 0) return 0;
  return position === undefined
    ? call("write", () => libc().write(fd, bytes, length))
    : call("write", () => libc().pwrite(fd, bytes, length, position));
}

function bytesOf(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

const firstChunk = 4096;

/** The text of a file, or of what is left of an open one. */
export function readFileSync(file: string | number, encoding: "utf8" | "latin1"): string {
  if (typeof file === "number") return readToEnd(file).toString(encoding);
  const fd = openSync(file, constants.O_RDONLY);
  try {
    return readFileSync(fd, encoding);
  } finally {
    closeSync(fd);
  }
}

function readToEnd(fd: number): Buffer {
  let buffer = Buffer.alloc(firstChunk);
  for (let length = 0; ; ) {
    const read = readSync(fd, buffer, length);
    length += read;
    if (read === 0) return buffer.subarray(0, length);
    if (length < buffer.length) continue;
    const larger = Buffer.alloc(4 * buffer.length);
    larger.set(buffer);
    buffer = larger;
  }
}

/** Writes all of a text: into an open file, or over a file, which is created with `mode` if need be. */
export function writeFileSync(file: string | number, text: string, { mode = 0o666 } = {}): void {
  const bytes = new TextEncoder().encode(text);
  const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
  const fd = typeof file === "number" ? file : openSync(file, O_WRONLY | O_CREAT | O_TRUNC, mode);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    if (fd !== file) closeSync(fd);
  }
}

/** `access(2)` */
export function accessSync(path: string, mode: number): void {
  const name = pathOf(path);
  call("access", () => libc().access(name, mode), path);
}

/** Whether there is something at `path`, as far as it can be reached. */
export function existsSync(path: string): boolean {
  const F_OK = 0;
  return !path.includes("\0") && libc().access(cString(path), F_OK) === 0;
}

/** `chmod(2)` */
export function chmodSync(path: string, mode: number): void {
  const name = pathOf(path);
  call("chmod", () => libc().chmod(name, mode), path);
}

/** `fchmod(2)` */
export function fchmodSync(fd: number, mode: number): void {
  call("fchmod", () => libc().fchmod(fd, mode));
}

/** `ftruncate(2)` */
export function ftruncateSync(fd: number, length: number): void {
  call("ftruncate", () => libc().ftruncate(fd, length));
}

/** `link(2)` */
export function linkSync(from: string, to: string): void {
  const [source, target] = [pathOf(from), pathOf(to)];
  call("link", () => libc().link(source, target), to);
}

/** `mkdir(2)` */
export function mkdirSync(path: string, mode = 0o777): void {
  const name = pathOf(path);
  call("mkdir", () => libc().mkdir(name, mode), path);
}

/** `rmdir(2)` */
export function rmdirSync(path: string): void {
  const name = pathOf(path);
  call("rmdir", () => libc().rmdir(name), path);
}

/** `unlink(2)` */
export function unlinkSync(path: string): void {
  const name = pathOf(path);
  call("unlink", () => libc().unlink(name), path);
}

/** `utimensat(2)`. @param accessed, modified in seconds since the epoch */
export function utimesSync(path: string, accessed: number, modified: number): void {
  const name = pathOf(path);
  const times = BigInt64Array.of(...timespecOf(accessed), ...timespecOf(modified));
  call("utimensat", () => libc().utimensat(AT_FDCWD, name, times, 0), path);
}

function timespecOf(seconds: number): [bigint, bigint] {
  const whole = Math.floor(seconds);
  return [BigInt(whole), BigInt(Math.floor((seconds - whole) * 1e9))];
}

/** The C libraries of some years ago have no function for it yet. */
const SYS_getdents64 = isArm64 ? 61 : 217;

/** `getdents64(2)`. @returns the names of what is in a folder, "." and ".." apart */
export function readdirSync(path: string): string[] {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const names: string[] = [];
    const buffer = new Uint8Array(32_768);
    for (;;) {
      const read = () => libc().syscall(SYS_getdents64, fd, buffer, buffer.length, 0, null);
      const length = call("getdents64", read, path);
      if (length === 0) return names;
      names.push(...decodeNames(buffer.subarray(0, length)));
    }
  } finally {
    closeSync(fd);
  }
}

/** Of `struct linux_dirent64`: inode, offset, the entry's length at 16, its type, its name. */
function decodeNames(entries: Uint8Array): string[] {
  const names: string[] = [];
  const view = new DataView(entries.buffer);
  for (let at = 0; at < entries.length; at += view.getUint16(at + 16, true)) {
    const start = at + 19;
    const name = new TextDecoder().decode(entries.subarray(start, entries.indexOf(0, start)));
    if (name !== "." && name !== "..") names.push(name);
  }
  return names;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
/** The same goes for this one. */
const SYS_statx = isArm64 ? 291 : 332;
const STATX_BASIC_STATS = 0x7ff;

/** `statx(2)` of an open file */
export function fstatSync(fd: number): Stats {
  return expectStats("fstat", statx(fd, "", AT_EMPTY_PATH));
}

/** `statx(2)` of what a path leads to */
export function statSync(path: string): Stats {
  return expectStats("stat", statx(AT_FDCWD, path, 0), path);
}

/** The same; undefined where nothing is, or nothing that can be reached. */
export function findStats(path: string): Stats | undefined {
  const stats = statx(AT_FDCWD, path, 0);
  return typeof stats === "number" ? undefined : stats;
}

/** `statx(2)` of a file or of a symbolic link itself; undefined where there is nothing. */
export function findLinkStats(path: string): Stats | undefined {
  const stats = statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  const isNothing = typeof stats === "number" && isNamed(stats, "ENOENT");
  return isNothing ? undefined : expectStats("lstat", stats, path);
}

function expectStats(name: string, stats: Stats | number, path?: string): Stats {
  if (typeof stats === "number") throw new SyscallError(name, stats, path);
  return stats;
}

/** @returns an error number when there is none: that nothing is there is often no error at all */
function statx(directory: number, path: string, flags: number): Stats | number {
  const [name, bytes] = [pathOf(path), new Uint8Array(256)];
  for (;;) {
    const failed = libc().syscall(SYS_statx, directory, name, flags, STATX_BASIC_STATS, bytes);
    if (Number(failed) === 0) return new Stats(bytes);
    const errno = lastErrno();
    if (!isNamed(errno, "EINTR")) return errno;
  }
}

/** `fstatfs(2)`. @returns the kind of file system: include/uapi/linux/magic.h */
export function fstatfsSync(fd: number): { readonly type: number } {
  const statfs = new Uint8Array(256);
  call("fstatfs", () => libc().fstatfs(fd, statfs));
  return { type: Number(new DataView(statfs.buffer).getBigInt64(0, true)) };
}
