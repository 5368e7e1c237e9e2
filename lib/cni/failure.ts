import { isFileError, SyscallError } from "../sys/syscall-error.ts";
import { IncompleteUndoError } from "../undo.ts";
import { CniError, ErrorCode } from "./error.ts";
import { formatJson } from "./json.ts";
import type { SpecVersion } from "./version.ts";
import type { World } from "./world.ts";

/**
 * Turns whatever a handler threw into the error that the runtime reads. CNI's own errors keep
 * their code; a file or program that could not be used is an I/O failure; what the kernel refused
 * and all else is internal.
 */
export function toCniError(error: unknown): CniError {
  if (error instanceof CniError) return error;
  if (error instanceof IncompleteUndoError) return withLeftovers(error);
  if (error instanceof AggregateError) return joined(error.errors.map(toCniError), error);
  const code = isFileError(error) ? ErrorCode.io : ErrorCode.internal;
  return new CniError(code, messageOf(error), "", { cause: error });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}

/** The cause is what failed; that something of it is still there belongs beside it. */
function withLeftovers({ cause, leftovers }: IncompleteUndoError): CniError {
  const { code, msg, details } = toCniError(cause);
  const left = leftovers.map(({ what, error }) => `cannot ${what}: ${toCniError(error).msg}`);
  return new CniError(code, msg, [details, ...left].filter((text) => text !== "").join("; "), {
    cause,
  });
}

function joined(errors: readonly CniError[], cause: AggregateError): CniError {
  const [first] = errors;
  if (first === undefined) return new CniError(ErrorCode.internal, messageOf(cause));
  const isUnanimous = errors.every(({ code }) => code === first.code);
  const join = (texts: readonly string[]) => texts.filter((text) => text !== "").join("; ");
  return new CniError(
    isUnanimous ? first.code : ErrorCode.internal,
    join(errors.map(({ msg }) => msg)),
    join(errors.map(({ details }) => details)),
    { cause },
  );
}

/**
 * Prints the one document that a runtime reads after a failure (specification, section 5, "Error").
 *
 * @returns the exit status
 */
export function reportFailure(error: unknown, cniVersion: SpecVersion, world: World): number {
  const { code, msg, details } = toCniError(error);
  const document = { cniVersion, code, msg, ...(details === "" ? {} : { details }) };
  try {
    world.writeStdout(formatJson(document));
  } catch (failed) {
    // Without the C library, perhaps the very thing to report, there is another way.
    if (!(failed instanceof SyscallError)) world.print(formatJson(document));
    // Else nobody reads stdout any more. The log may have a reader, and there is the exit status.
    else world.writeStderr(`${msg}\n`);
  }
  return 1;
}
