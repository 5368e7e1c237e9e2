import { errnoName, errnoText } from "./errno.ts";

/** A system call that failed. `errno` is the kernel's error number, `code` its name. */
export class SyscallError extends Error {
  override readonly name = "SyscallError";
  readonly code: string;

  /** @param subject what the call was made on, if that helps: a path, a namespace */
  constructor(
    readonly call: string,
    readonly errno: number,
    readonly subject?: string,
  ) {
    super(`${call}${subject === undefined ? "" : ` "${subject}"`}: ${errnoText(errno)}`);
    this.code = errnoName(errno);
  }
}

/**
 * Whether `error` is what the kernel answered to a system call of ours or of `node:fs`, such as "no
 * space left". A netlink error is none: it has an errno, but it is about no file.
 */
export function isFileError(error: unknown): boolean {
  return error instanceof SyscallError || (error instanceof Error && "syscall" in error);
}

/** @returns the failure that `node:fs` or Bun threw, in our words; anything else as it is */
export function toSyscallError(error: unknown, call: string, subject?: string): unknown {
  const errno = error instanceof Error && "errno" in error ? Number(error.errno) : 0;
  return errno === 0 ? error : new SyscallError(call, Math.abs(errno), subject);
}
