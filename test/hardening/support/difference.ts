/** @returns the lines that only one of two texts has, or has more often: "- …" and "+ …" */
export function differenceOf(expected: string, actual: string): string {
  const [less, more] = [expected.split("\n"), actual.split("\n")];
  return [
    ...without(less, more).map((line) => `- ${line}`),
    ...without(more, less).map((line) => `+ ${line}`),
  ].join("\n");
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0;
  });
}
