import { closeSync, fstatSync, readSync } from "./fs.ts";
import { memfdCreate } from "./libc.ts";
import { toSyscallError } from "./syscall-error.ts";

/** What a program left behind. */
export interface Finished {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Such as "SIGKILL"; undefined when it exited. */
  readonly signal: string | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export interface Execution {
  readonly args?: readonly string[];
  /** The whole environment; this process's own if not given. */
  readonly env?: { readonly [name: string]: string | undefined };
  readonly stdin?: Uint8Array;
}

/** A program that ran and failed. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly program: string,
    readonly args: readonly string[],
    readonly end: string,
    readonly stderr: string,
  ) {
    const said = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
    super(`${[program, ...args].join(" ")}: ${end}${said}`);
  }
}

/**
 * Runs a program to its end, in the network namespace of this thread.
 *
 * Its stdout and stderr are files, because what Bun would make are sockets, and those cannot be
 * opened: in a shell script, `> /dev/stderr` would fail.
 *
 * @param file its path; nothing is searched for
 * @throws {SyscallError} when it cannot be started
 */
export function execute(file: string, { args = [], env, stdin }: Execution = {}): Finished {
  using stdout = new Capture("stdout");
  using stderr = new Capture("stderr");
  try {
    const { exitCode, signalCode } = Bun.spawnSync([file, ...args], {
      stdin: stdin ?? "ignore",
      stdout: stdout.fd,
      stderr: stderr.fd,
      ...(env === undefined ? {} : { env }),
    });
    return {
      exitCode: exitCode ?? undefined,
      signal: signalCode?.toString(),
      stdout: stdout.read(),
      stderr: new TextDecoder().decode(stderr.read()),
    };
  } catch (error) {
    throw toSyscallError(error, "exec", file);
  }
}

/** What a program writes, kept in memory. */
class Capture {
  readonly fd: number;

  constructor(name: string) {
    this.fd = memfdCreate(name);
  }

  read(): Uint8Array {
    const bytes = new Uint8Array(fstatSync(this.fd).size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(this.fd, bytes, length, bytes.length - length, length);
    }
    return bytes.subarray(0, length);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
