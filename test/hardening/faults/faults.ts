import type { Point } from "../support/points.ts";

/** What a system call may answer, on some node, on some day. */
interface Fault {
  readonly calls: RegExp;
  readonly errors: readonly string[];
  /** Only calls of which strace's line has this. */
  readonly text?: RegExp;
}

const faults: readonly Fault[] = [
  { calls: /^openat$/, text: /O_CREAT|O_TMPFILE/, errors: ["ENOSPC", "EROFS", "EIO", "EMFILE"] },
  { calls: /^openat$/, text: /O_WRONLY|O_RDWR/, errors: ["EROFS", "EPERM", "EIO"] },
  { calls: /^openat$/, text: /O_RDONLY/, errors: ["EIO", "EMFILE", "EACCES", "EINTR"] },
  { calls: /^(write|pwrite64)$/, errors: ["ENOSPC", "EIO", "EINTR"] },
  { calls: /^(read|pread64)$/, errors: ["EIO", "EINTR"] },
  { calls: /^(linkat|link|mkdir)$/, errors: ["ENOSPC", "EROFS", "EIO", "EPERM"] },
  { calls: /^(unlink|rmdir)$/, errors: ["EROFS", "EIO", "EBUSY", "EPERM"] },
  { calls: /^(ftruncate|utimensat|fchmod|chmod)$/, errors: ["EIO", "EROFS", "EPERM"] },
  { calls: /^fsetxattr$/, errors: ["ENOSPC", "EOPNOTSUPP", "EPERM"] },
  { calls: /^(statx|newfstatat|fstat|statfs|getdents64|fgetxattr)$/, errors: ["EIO", "EACCES"] },
  { calls: /^flock$/, errors: ["ENOLCK", "EINTR"] },
  { calls: /^(socket|bind|setsockopt|getsockopt)$/, errors: ["ENOBUFS", "EPERM"] },
  { calls: /^setns$/, errors: ["EPERM"] },
  { calls: /^sendto$/, errors: ["ENOBUFS", "EINTR", "EPERM", "EBUSY"] },
  { calls: /^recvfrom$/, errors: ["ENOBUFS", "EINTR"] },
];

/** @returns the errors that a system call may end with */
export function errorsOf({ call, text }: Point): readonly string[] {
  const fitting = faults.filter((fault) => {
    return fault.calls.test(call) && (fault.text === undefined || fault.text.test(text));
  });
  return fitting[0]?.errors ?? [];
}

/** What an error text has to contain for whoever reads it to know what to do. */
const words: { readonly [error: string]: RegExp } = {
  EACCES: /EACCES|permission denied/i,
  EBUSY: /EBUSY|resource busy/i,
  EIO: /EIO|input\/output error/i,
  EMFILE: /EMFILE|too many open files/i,
  ENOBUFS: /ENOBUFS|no buffer space/i,
  ENOLCK: /ENOLCK|no locks available/i,
  ENOSPC: /ENOSPC|no space left/i,
  EOPNOTSUPP: /EOPNOTSUPP|not supported/i,
  EPERM: /EPERM|not permitted/i,
  EROFS: /EROFS|read-only file system/i,
};

/** Whether an error text says what the kernel said. EINTR is nothing to be told of. */
export function tellsReason(error: string, text: string): boolean {
  return words[error]?.test(text) === true;
}
