import { isErrno } from "./errno.ts";
import { readSync, writeSync } from "./fs.ts";
import { sleep } from "./sleep.ts";
import { toSyscallError } from "./syscall-error.ts";

/**
 * Standard input and output as plain system calls. The streams of `process` would be asynchronous
 * and cost more time than everything else a plugin does (README, "Decisions").
 */

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** In bytes: a configuration fits into one, and memory that is not touched costs nothing. */
const chunkSize = 16_384;

/** How long to sleep before another try where a non-blocking descriptor is not ready. */
const pauseMilliseconds = 2;

/**
 * Reads stdin to its end.
 *
 * @param limit in bytes: what comes after this is not all read
 * @throws {SyscallError} EISDIR, EIO and the like
 */
export function readStdin(limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total <= limit) {
    const chunk = new Uint8Array(chunkSize);
    const length = whenReady("read", "stdin", () => readSync(STDIN, chunk));
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
    total += length;
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Writes all of `text`.
 *
 * @throws {SyscallError} EPIPE when nobody reads any more, ENOSPC and the like
 */
export function writeStdout(text: string): void {
  write(STDOUT, "stdout", text);
}

/** Writes to the log. That nobody wants it is no reason to fail. */
export function writeStderr(text: string): void {
  try {
    write(STDERR, "stderr", text);
  } catch {
    // A closed or full stderr must not decide whether a container gets its network.
  }
}

function write(fd: number, name: string, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const chunk = rest;
    rest = rest.subarray(whenReady("write", name, () => writeSync(fd, chunk)));
  }
}

/** A runtime may hand over a non-blocking pipe or socket: EAGAIN means later, not failure. */
function whenReady(call: string, name: string, attempt: () => number): number {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isErrno(error, "EAGAIN", "EINTR")) throw toSyscallError(error, call, name);
      sleep(pauseMilliseconds);
    }
  }
}
