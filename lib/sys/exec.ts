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
 * @param file its path; nothing is searched for
 * @throws {SyscallError} when it cannot be started
 */
export function execute(file: string, { args = [], env, stdin }: Execution = {}): Finished {
  try {
    const child = Bun.spawnSync([file, ...args], {
      stdin: stdin ?? "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(env === undefined ? {} : { env }),
    });
    return {
      exitCode: child.exitCode ?? undefined,
      signal: child.signalCode?.toString(),
      stdout: child.stdout,
      stderr: child.stderr.toString(),
    };
  } catch (error) {
    throw toSyscallError(error, "exec", file);
  }
}
