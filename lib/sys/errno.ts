/**
 * Linux error numbers, their names, and for those that reach people the text that `strerror(3)` gives:
 * `include/uapi/asm-generic/errno-base.h` and `errno.h`. They are the same on every architecture that
 * the plugins are built for.
 */
const table = {
  1: ["EPERM", "operation not permitted"],
  2: ["ENOENT", "no such file or directory"],
  3: ["ESRCH", "no such process"],
  4: ["EINTR", "interrupted system call"],
  5: ["EIO", "input/output error"],
  6: ["ENXIO", "no such device or address"],
  7: ["E2BIG", "argument list too long"],
  8: ["ENOEXEC", "exec format error"],
  9: ["EBADF", "bad file descriptor"],
  11: ["EAGAIN", "resource temporarily unavailable"],
  12: ["ENOMEM", "cannot allocate memory"],
  13: ["EACCES", "permission denied"],
  14: ["EFAULT"],
  16: ["EBUSY", "device or resource busy"],
  17: ["EEXIST", "file exists"],
  18: ["EXDEV", "invalid cross-device link"],
  19: ["ENODEV", "no such device"],
  20: ["ENOTDIR", "not a directory"],
  21: ["EISDIR", "is a directory"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files in system"],
  24: ["EMFILE", "too many open files"],
  26: ["ETXTBSY", "text file busy"],
  27: ["EFBIG", "file too large"],
  28: ["ENOSPC", "no space left on device"],
  30: ["EROFS", "read-only file system"],
  31: ["EMLINK", "too many links"],
  32: ["EPIPE", "broken pipe"],
  33: ["EDOM"],
  34: ["ERANGE", "numerical result out of range"],
  35: ["EDEADLK"],
  36: ["ENAMETOOLONG", "file name too long"],
  37: ["ENOLCK", "no locks available"],
  38: ["ENOSYS", "function not implemented"],
  39: ["ENOTEMPTY", "directory not empty"],
  40: ["ELOOP", "too many levels of symbolic links"],
  61: ["ENODATA"],
  67: ["ENOLINK"],
  75: ["EOVERFLOW", "value too large for defined data type"],
  85: ["ERESTART", "interrupted, to be started again"],
  88: ["ENOTSOCK"],
  90: ["EMSGSIZE", "message too long"],
  92: ["ENOPROTOOPT"],
  93: ["EPROTONOSUPPORT", "protocol not supported"],
  95: ["EOPNOTSUPP", "operation not supported"],
  97: ["EAFNOSUPPORT", "address family not supported by protocol"],
  98: ["EADDRINUSE", "address already in use"],
  99: ["EADDRNOTAVAIL", "cannot assign requested address"],
  100: ["ENETDOWN", "network is down"],
  101: ["ENETUNREACH", "network is unreachable"],
  105: ["ENOBUFS", "no buffer space available"],
  107: ["ENOTCONN", "transport endpoint is not connected"],
  110: ["ETIMEDOUT", "connection timed out"],
  113: ["EHOSTUNREACH", "no route to host"],
  116: ["ESTALE", "stale file handle"],
} as const;

type Errno = keyof typeof table;

export type ErrnoName = (typeof table)[Errno][0];

function find(errno: number): readonly [name: ErrnoName, text?: string] | undefined {
  return table[errno as Errno];
}

/** Whether `errno` is the number of `name`. */
export function isNamed(errno: number, name: ErrnoName): boolean {
  return find(errno)?.[0] === name;
}

/** @returns the error number of `name`; it is searched for */
export function errnoOf(name: ErrnoName): number {
  return Number(Object.keys(table).find((errno) => isNamed(Number(errno), name)));
}

/** @returns the name of an error number, such as "ENOENT", or "errno 4711" */
export function errnoName(errno: number): string {
  return find(errno)?.[0] ?? `errno ${errno}`;
}

/** @returns the words for an error number, such as "no such file or directory" */
export function errnoText(errno: number): string {
  return find(errno)?.[1] ?? errnoName(errno);
}

/** An error that carries a kernel error number: a system call's, a netlink reply's, node's own. */
function errnoIn(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errno" in error)) return undefined;
  return typeof error.errno === "number" ? Math.abs(error.errno) : undefined;
}

/** Whether `error` is the kernel's answer with one of these names, from whichever layer it comes. */
export function isErrno(error: unknown, ...wanted: ErrnoName[]): boolean {
  const errno = errnoIn(error);
  return errno !== undefined && wanted.some((name) => isNamed(errno, name));
}

/** Whether `error` says that the thing is not there (any more). */
export function isNotFound(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENODEV", "ESRCH", "ENXIO");
}

/** Whether `error` says that the thing is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return isErrno(error, "EEXIST");
}
