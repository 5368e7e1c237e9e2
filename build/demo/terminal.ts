import { type Style, styles } from "./canvas.ts";

/** Colours where somebody sees them, and has not said otherwise (no-color.org). */
const isColourful = process.stdout.isTTY === true && !process.env["NO_COLOR"];

export function paint(text: string, style: Style): string {
  return isColourful ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
}

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** One step of the story, numbered by whoever tells it. */
export function heading(number: number, text: string): void {
  say(`\n${paint(` ${number} `, "bold")} ${paint(text, "bold")}\n`);
}

export function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}

/** @returns rows as lines, each column as wide as its longest cell */
export function table(rows: readonly (readonly Field[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, { text }] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, text.length);
    }
  }
  const line = (row: readonly Field[]) =>
    row.map(({ text, style, right }, index) => {
      const width = widths[index] ?? 0;
      const padded = right ? text.padStart(width) : text.padEnd(width);
      return style === undefined ? padded : paint(padded, style);
    });
  return rows.map((row) => line(row).join("   ").trimEnd()).join("\n");
}

export interface Field {
  readonly text: string;
  readonly style?: Style;
  readonly right?: boolean;
}
