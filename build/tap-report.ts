import { type FinalResults, Parser, type Result } from "tap-parser";

/** What one test file said of itself. A test is a top-level `t.test`, whatever is inside it. */
export interface TapReport {
  readonly passed: number;
  readonly failed: number;
  /** One a skipped test, with the reason. */
  readonly skips: readonly string[];
  /** One a failed assertion, whole, ready to be printed; and what else is wrong with the output. */
  readonly failures: readonly string[];
}

/** Reads the whole of what a file printed in the Test Anything Protocol, version 14. */
export function parseTap(text: string): TapReport {
  const skips: string[] = [];
  const failures: string[] = [];
  let [passed, failed] = [0, 0];
  const parser = new Parser();
  visitAssertions(parser, (result) => {
    if (result.skip !== false) skips.push(`${result.fullname}: ${result.skip}`);
    else if (!result.ok && !result.todo && !result.closingTestPoint)
      failures.push(describe(result));
  });
  parser.on("assert", (result: Result) => {
    if (result.skip !== false) return;
    if (result.ok || result.todo) passed += 1;
    else failed += 1;
  });
  parser.on("complete", (results: FinalResults) => {
    if (!results.ok && failures.length === 0) failures.push(describeEnd(results));
  });
  parser.end(text);
  return { passed, failed, skips, failures };
}

function visitAssertions(parser: Parser, visit: (result: Result) => void): void {
  parser.on("child", (child: Parser) => visitAssertions(child, visit));
  parser.on("assert", visit);
}

/** Why output is bad in which no assertion fails: it ends too early, mostly. */
function describeEnd({ bailout, failures }: FinalResults): string {
  if (bailout !== false) return `bailed out: ${bailout}`;
  const errors = failures.map(({ tapError }) => tapError ?? "a test that does not say why");
  return `not all tests were run: ${errors.join(", ") || "the last one did not end"}`;
}

/** The diagnostics' order of interest; what else there is follows. */
const first = ["at", "diff", "found", "wanted", "expected", "actual", "stack"];

function describe({ fullname, diag }: Result): string {
  const diagnostics = new Map(Object.entries<unknown>(diag ?? {}));
  const lines = [fullname];
  for (const key of new Set([...first, ...diagnostics.keys()])) {
    if (diagnostics.has(key)) lines.push(...describeDiagnostic(key, diagnostics.get(key)));
  }
  return lines.join("\n  ");
}

function describeDiagnostic(key: string, value: unknown): string[] {
  if (key === "at") return [`at ${describePlace(value)}`];
  const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) ?? "");
  const lines = text.trimEnd().split("\n");
  return lines.length === 1 ? [`${key}: ${lines[0]}`] : [`${key}:`, ...lines.map((l) => `  ${l}`)];
}

function describePlace(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { fileName, lineNumber, columnNumber } = value as Record<string, unknown>;
  return [fileName, lineNumber, columnNumber].join(":");
}
