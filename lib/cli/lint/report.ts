import { printable } from "../printable.ts";
import type { Stream } from "../terminal.ts";
import type { Problem } from "./problem.ts";

/** Describes problems in the form that editors and CI systems know: FILE:LINE:COLUMN. */
export function describeProblems(
  problems: readonly Problem[],
  files: readonly string[],
  stream: Stream,
): string {
  const lines = problems.map(({ file, line, column, severity, message }) => {
    const label = stream.style(severity === "error" ? "bad" : "warning", `${severity}:`);
    return `${file}:${line}:${column}: ${label} ${printable(message)}\n`;
  });
  return `${lines.join("")}${summarise(problems, files, stream)}\n`;
}

function summarise(problems: readonly Problem[], files: readonly string[], stream: Stream): string {
  const checked = count(files.length, "file");
  if (problems.length === 0) return `${stream.style("good", "good:")} no problems in ${checked}`;
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  return `${count(errors, "error")}, ${count(warnings, "warning")} in ${checked}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
