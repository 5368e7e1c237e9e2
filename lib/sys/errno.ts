/**
 * Linux error numbers by name: `include/uapi/asm-generic/errno-base.h` and `errno.h`. They are the
 * same on every architecture that the plugins are built for.
 */
const numbers = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  ENOLINK: 67,
  ERESTART: 85,
  EOVERFLOW: 75,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  EHOSTUNREACH: 113,
  ESTALE: 116,
} as const;

export type ErrnoName = keyof typeof numbers;

/** The text that `strerror(3)` gives, for those that reach people. */
const descriptions: Partial<Record<ErrnoName, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  ESRCH: "no such process",
  EINTR: "interrupted system call",
  EIO: "input/output error",
  ENXIO: "no such device or address",
  E2BIG: "argument list too long",
  ENOEXEC: "exec format error",
  EBADF: "bad file descriptor",
  EAGAIN: "resource temporarily unavailable",
  ENOMEM: "cannot allocate memory",
  EACCES: "permission denied",
  EBUSY: "device or resource busy",
  EEXIST: "file exists",
  EXDEV: "invalid cross-device link",
  ENODEV: "no such device",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EINVAL: "invalid argument",
  ENFILE: "too many open files in system",
  EMFILE: "too many open files",
  ETXTBSY: "text file busy",
  EFBIG: "file too large",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EPIPE: "broken pipe",
  ERANGE: "numerical result out of range",
  ENAMETOOLONG: "file name too long",
  ENOLCK: "no locks available",
  ENOSYS: "function not implemented",
  ELOOP: "too many levels of symbolic links",
  EOVERFLOW: "value too large for defined data type",
  EMSGSIZE: "message too long",
  ERESTART: "interrupted, to be started again",
  EPROTONOSUPPORT: "protocol not supported",
  EOPNOTSUPP: "operation not supported",
  EAFNOSUPPORT: "address family not supported by protocol",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  ENETDOWN: "network is down",
  ENETUNREACH: "network is unreachable",
  ENOBUFS: "no buffer space available",
  ENOTCONN: "transport endpoint is not connected",
  ETIMEDOUT: "connection timed out",
  EHOSTUNREACH: "no route to host",
  ESTALE: "stale file handle",
};

/** Searched when something failed; a table by number would be made at every start. */
function findName(errno: number): ErrnoName | undefined {
  return (Object.keys(numbers) as ErrnoName[]).find((name) => numbers[name] === errno);
}

/** @returns the error number of `name` */
export function errnoOf(name: ErrnoName): number {
  return numbers[name];
}

/** @returns the name of an error number, such as "ENOENT", or "errno 4711" */
export function errnoName(errno: number): string {
  return findName(errno) ?? `errno ${errno}`;
}

/** @returns the words for an error number, such as "no such file or directory" */
export function errnoText(errno: number): string {
  const name = findName(errno);
  return (name && descriptions[name]) ?? errnoName(errno);
}

/** An error that carries a kernel error number: a system call's, a netlink reply's, node's own. */
function errnoIn(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errno" in error)) return undefined;
  return typeof error.errno === "number" ? Math.abs(error.errno) : undefined;
}

/** Whether `error` is the kernel's answer with one of these names, from whichever layer it comes. */
export function isErrno(error: unknown, ...wanted: ErrnoName[]): boolean {
  const errno = errnoIn(error);
  return errno !== undefined && wanted.some((name) => numbers[name] === errno);
}

/** Whether `error` says that the thing is not there (any more). */
export function isNotFound(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENODEV", "ESRCH", "ENXIO");
}

/** Whether `error` says that the thing is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return isErrno(error, "EEXIST");
}
