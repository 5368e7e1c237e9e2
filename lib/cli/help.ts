/** @returns the end of a command's help: command lines to copy, and what each is for */
export function formatExamples(
  examples: readonly (readonly [command: string, what: string])[],
): string {
  const lines = examples.map(([command, what]) => `  $ ${command}\n      ${what}\n`);
  return `\nExamples:\n${lines.join("")}`;
}
