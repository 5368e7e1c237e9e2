/**
 * Writes on stdout what nothing depends on: where a pipe is full, the text arrives later. It needs
 * no module, unlike the calls in stdio.ts, and loading those is half of what VERSION would take.
 *
 * @throws {SyscallError} EPIPE, ENOSPC and the like, as far as they are known at once
 */
export function print(text: string): void {
  const sink = Bun.stdout.writer();
  try {
    sink.write(text);
    const flushed = sink.flush();
    if (flushed instanceof Promise) flushed.catch(() => {});
  } catch (error) {
    const errors: typeof import("./syscall-error.ts") = require("./syscall-error.ts");
    throw errors.toSyscallError(error, "write", "stdout");
  }
}
