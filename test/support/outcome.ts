import type { Output } from "./namespace.ts";

/** A JSON object, for tests to look into: `result.ips?.[0]?.address`. */
// biome-ignore lint/suspicious/noExplicitAny: a test says with tap what it expects of the shape
export type Json = { readonly [key: string]: any };

/** How one call of a plugin ended. */
export interface Outcome extends Output {
  /** What stdout holds after success. */
  readonly result: Json | undefined;
  /** What stdout holds after a failure. */
  readonly error:
    | { readonly code: number; readonly msg: string; readonly details?: string }
    | undefined;
}

/** A plugin failed that had to succeed. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";

  constructor(verb: string, plugin: string, outcome: Outcome) {
    const { exitCode, stdout, stderr } = outcome;
    super(`${verb} ${plugin} exited with ${exitCode}: ${stdout.trim()} ${stderr.trim()}`.trim());
  }
}

/** @throws when stdout holds anything but one JSON document or nothing, whatever the exit code */
export function parseOutcome(output: Output): Outcome {
  const { stdout, stderr, exitCode } = output;
  const document = stdout.trim() === "" ? undefined : parse(stdout, stderr);
  if (exitCode === 0) return { ...output, result: document, error: undefined };
  if (document === undefined) return { ...output, result: undefined, error: undefined };
  const { code, msg, details } = document;
  return { ...output, result: undefined, error: { code, msg, ...(details && { details }) } };
}

function parse(stdout: string, stderr: string): Json {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`stdout is not one JSON document: ${stdout}\nstderr: ${stderr}`);
  }
}
