import { formatJson, type JsonObject } from "../cni/json.ts";
import type { Context } from "./context.ts";
import { describeFailure } from "./failure-report.ts";

/** What a command has to say when it has succeeded. */
export interface Answer {
  /** For people. */
  readonly text: string;
  /** For programs that ask for it. */
  readonly document: JsonObject;
  /** Programs get it without asking: `cnitool` prints the result of ADD, and nothing else. */
  readonly isResult?: boolean;
}

/**
 * Does the work of a command and prints its answer: sentences, or a document for a program. With
 * `--json` there is a document whatever happens; sentences about a failure go to stderr in any case.
 */
export async function answer(
  { terminal: { out } }: Context,
  { json }: { readonly json?: true },
  work: () => Promise<Answer>,
): Promise<void> {
  try {
    const { text, document, isResult } = await work();
    if (json || (isResult && !out.isTerminal)) out.write(`${formatJson(document)}\n`);
    else out.write(text);
  } catch (error) {
    if (json) out.write(`${formatJson(describeFailure(error))}\n`);
    throw error;
  }
}
