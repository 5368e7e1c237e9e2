import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { isNamed } from "./errno.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * The C library's system call wrappers: the only file that loads `bun:ffi`. Each function is named
 * after its manual page in section 2, takes numbers and bytes, and throws a {@link SyscallError}.
 * All of them run on the process's main thread, where JavaScript runs. Those about files are in
 * fs.ts.
 */

export const isArm64 = process.arch === "arm64";

const definitions = {
  __errno_location: { args: [], returns: "ptr" },
  access: { args: ["ptr", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  chmod: { args: ["ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  fchmod: { args: ["i32", "u32"], returns: "i32" },
  fgetxattr: { args: ["i32", "ptr", "ptr", "u64"], returns: "i64" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  fsetxattr: { args: ["i32", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  fstatfs: { args: ["i32", "ptr"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  link: { args: ["ptr", "ptr"], returns: "i32" },
  linkat: { args: ["i32", "ptr", "i32", "ptr", "i32"], returns: "i32" },
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  mkdir: { args: ["ptr", "u32"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  pread: { args: ["i32", "ptr", "u64", "i64"], returns: "i64" },
  pwrite: { args: ["i32", "ptr", "u64", "i64"], returns: "i64" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  rmdir: { args: ["ptr"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  syscall: { args: ["i64", "i32", "ptr", "i32", "u32", "ptr"], returns: "i64" },
  unlink: { args: ["ptr"], returns: "i32" },
  utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
} as const;

type Libc = ReturnType<typeof dlopen<typeof definitions>>["symbols"];

let loaded: Libc | undefined;

/** Loaded at first use: VERSION never pays for it. */
export function libc(): Libc {
  loaded ??= open();
  return loaded;
}

/**
 * What is loaded already is found by this name: glibc is called so, and musl takes every "libc." for
 * itself. It must be, since Bun would look into the current directory next, where anybody may have put
 * something.
 */
function open(): Libc {
  try {
    return dlopen("libc.so.6", definitions).symbols;
  } catch (error) {
    throw new Error(`cannot call the functions of the C library: ${error}`);
  }
}

/** Must be the very next foreign call after the failed one: any other may overwrite errno. */
export function lastErrno(): number {
  return read.i32(libc().__errno_location() as Pointer, 0);
}

/**
 * Makes the call again when a signal interrupted it, as `SA_RESTART` would.
 *
 * @param subject what it is about, in the error
 * @throws {SyscallError}
 */
export function call(name: string, attempt: () => number | bigint, subject?: string): number {
  for (;;) {
    const result = Number(attempt());
    if (result >= 0) return result;
    const errno = lastErrno();
    if (!isNamed(errno, "EINTR")) throw new SyscallError(name, errno, subject);
  }
}

/** `socket(2)`. @returns a file descriptor, closed with `closeSync` */
export function socket(domain: number, type: number, protocol: number): number {
  return call("socket", () => libc().socket(domain, type, protocol));
}

/** `bind(2)`. @param address a `struct sockaddr_*` */
export function bind(fd: number, address: Uint8Array): void {
  call("bind", () => libc().bind(fd, address, address.length));
}

/** `getsockname(2)`. @param address filled in by the kernel */
export function getsockname(fd: number, address: Uint8Array): void {
  const length = new Uint32Array([address.length]);
  call("getsockname", () => libc().getsockname(fd, address, length));
}

/** `getsockopt(2)`. @param value filled in by the kernel. @returns how many bytes of it */
export function getsockopt(fd: number, level: number, option: number, value: Uint8Array): number {
  const length = new Uint32Array([value.length]);
  call("getsockopt", () => libc().getsockopt(fd, level, option, value, length));
  return length[0] ?? 0;
}

/** `setsockopt(2)` for an option whose value is an int. */
export function setsockopt(fd: number, level: number, option: number, value: number): void {
  const bytes = new Int32Array([value]);
  call("setsockopt", () => libc().setsockopt(fd, level, option, bytes, bytes.byteLength));
}

/** `send(2)`. @returns how many bytes were sent */
export function send(fd: number, data: Uint8Array, flags = 0): number {
  return call("send", () => libc().send(fd, data, data.length, flags));
}

/** `recv(2)`. @returns how many bytes arrived; with `MSG_TRUNC`, how many there were */
export function recv(fd: number, buffer: Uint8Array, flags = 0): number {
  return call("recv", () => libc().recv(fd, buffer, buffer.length, flags));
}

/** `poll(2)` for input on one descriptor. @returns whether there is some before the time is over */
export function pollInput(fd: number, milliseconds: number): boolean {
  const POLLIN = 1;
  const pollfd = new Int32Array([fd, POLLIN]);
  return call("poll", () => libc().poll(pollfd, 1, milliseconds)) > 0;
}

/** `setns(2)`: moves this thread. Only `netns.ts` calls it. */
export function setns(fd: number, type: number): void {
  call("setns", () => libc().setns(fd, type));
}

/** `flock(2)`. */
export function flock(fd: number, operation: number): void {
  call("flock", () => libc().flock(fd, operation));
}

/**
 * `fgetxattr(2)`.
 *
 * @param value filled in by the kernel
 * @returns how many bytes of it; undefined when there is no such attribute, which is nothing
 *   special: to throw would cost more than all the rest
 */
export function fgetxattr(fd: number, name: string, value: Uint8Array): number | undefined {
  const length = Number(libc().fgetxattr(fd, cString(name), value, value.length));
  if (length >= 0) return length;
  const errno = lastErrno();
  if (isNamed(errno, "ENODATA")) return undefined;
  throw new SyscallError("fgetxattr", errno, name);
}

/** `fsetxattr(2)`: creates or replaces. */
export function fsetxattr(fd: number, name: string, value: Uint8Array): void {
  const key = cString(name);
  call("fsetxattr", () => libc().fsetxattr(fd, key, value, value.length, 0), name);
}

/** `linkat(2)`: gives an open file a name. It needs /proc. */
export function linkOpenFile(fd: number, path: string): void {
  const AT_FDCWD = -100;
  const AT_SYMLINK_FOLLOW = 0x400;
  const [from, to] = [cString(`/proc/self/fd/${fd}`), cString(path)];
  call("linkat", () => libc().linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW), path);
}

/**
 * `memfd_create(2)`: a file without a name, which goes when its last descriptor is closed.
 *
 * @returns a file descriptor that programs do not inherit, closed with `closeSync`
 */
export function memfdCreate(name: string): number {
  const MFD_CLOEXEC = 1;
  const text = cString(name);
  return call("memfd_create", () => libc().memfd_create(text, MFD_CLOEXEC));
}

/** Text as C has it: it ends with a NUL. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/**
 * `socketpair(2)` of two datagram sockets, and `sendmsg(2)` over the second of one byte with
 * descriptors: the first socket's own, and `fd`. unix(7), SCM_RIGHTS.
 *
 * @returns the two sockets, closed with `closeSync`
 */
export function sendOverPair(fd: number): readonly [number, number] {
  const pair = new Int32Array(2);
  call("socketpair", () => libc().socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ptr(pair)));
  const [first, second] = [pair[0] ?? -1, pair[1] ?? -1];
  const data = Uint8Array.of(0);
  const vector = BigUint64Array.of(BigInt(ptr(data)), 1n);
  const control = Buffer.alloc(24); // struct cmsghdr, then two descriptors
  control.writeBigUInt64LE(24n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  control.writeInt32LE(first, 20);
  // struct msghdr: no address, the vector and its length, the control message and its length, flags
  const [v, c] = [BigInt(ptr(vector)), BigInt(ptr(control))];
  const message = BigUint64Array.of(0n, 0n, v, 1n, c, BigInt(control.length), 0n);
  call("sendmsg", () => libc().sendmsg(second, ptr(message), 0));
  return [first, second];
}
