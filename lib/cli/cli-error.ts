import { ExitStatus } from "./exit-status.ts";

/** Why a command cannot do what it was told, and what may be done about it. */
export class CliError extends Error {
  override readonly name = "CliError";

  /**
   * @param message what failed, on what, and why; one line
   * @param hint what the operator can do next, a sentence
   */
  constructor(
    readonly status: ExitStatus,
    message: string,
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** @returns an error that says there is no such thing, or it is malformed */
export function configurationError(message: string, hint?: string): CliError {
  return new CliError(ExitStatus.configuration, message, hint);
}

/** @returns an error that says the command line cannot be understood */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(ExitStatus.usage, message, hint);
}
