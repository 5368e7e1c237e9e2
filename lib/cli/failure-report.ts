import { CniError } from "../cni/error.ts";
import { toCniError } from "../cni/failure.ts";
import type { JsonObject } from "../cni/json.ts";
import { CliError } from "./cli-error.ts";
import { ExitStatus } from "./exit-status.ts";
import { printable } from "./printable.ts";
import { PluginFailure } from "./runtime/plugin-failure.ts";
import type { Stream } from "./terminal.ts";

/** Says what failed, as far as it is known why, and what can be done. */
export function reportFailure(stream: Stream, error: unknown): void {
  if (error instanceof AggregateError) {
    for (const each of error.errors) reportFailure(stream, each);
    return;
  }
  // A command that has told all there is fails without another word.
  if (messageOf(error) === "") return;
  const label = stream.style("bad", "error:");
  stream.write(`${label} ${printable(messageOf(error))}${codeOf(error)}\n`);
  for (const line of detailsOf(error)) stream.write(`  ${printable(line)}\n`);
  if (error instanceof CliError && error.hint !== undefined) {
    stream.write(`${stream.style("strong", "hint:")} ${error.hint}\n`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof CliError ? error.message : toCniError(error).msg;
}

function codeOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  if (error instanceof CniError) return ` (code ${error.code})`;
  return cause instanceof CniError ? ` (code ${cause.code})` : "";
}

function detailsOf(error: unknown): string[] {
  const { cause } = error instanceof Error ? error : {};
  const source = cause instanceof CniError ? cause : error;
  return source instanceof CniError && source.details !== "" ? source.details.split("\n") : [];
}

export function exitStatusOf(error: unknown): ExitStatus {
  if (error instanceof CliError) return error.status;
  return isInterruption(error) ? ExitStatus.interrupted : ExitStatus.failure;
}

/** What `AbortSignal.throwIfAborted` throws after Ctrl-C. */
export function isInterruption(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Describes a failure for programs: the error object of the specification (section 5), with the
 * plugin that it comes from.
 */
export function describeFailure(error: unknown): JsonObject {
  if (error instanceof AggregateError) {
    return { code: 999, msg: error.message, errors: error.errors.map(describeFailure) };
  }
  const { code, msg, details } = error instanceof PluginFailure ? error.error : toCniError(error);
  return {
    code,
    msg,
    ...(details !== "" && { details }),
    ...(error instanceof PluginFailure && {
      plugin: error.plugin.type,
      command: error.operation,
    }),
    ...(error instanceof CliError && error.hint !== undefined && { hint: error.hint }),
  };
}
