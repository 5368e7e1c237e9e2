import { readFileSync, writeFileSync } from "node:fs";

/** What a long run came through without a complaint. */
export interface Survival {
  /** A row of the table. */
  readonly kind: string;
  readonly cases: number;
  readonly seconds: number;
  readonly seed: string;
}

const file = "test/README.md";
const header = "| kind | runs | cases | minutes | last seed | last run |";
const rule = "|---|---:|---:|---:|---|---|";

/** Adds a run to the table in test/README.md. */
export function recordSurvival(survival: Survival, today: Date = new Date()): void {
  writeFileSync(file, withSurvival(readFileSync(file, "utf8"), survival, today));
}

/** @returns the text with the run added to its table */
export function withSurvival(text: string, survival: Survival, today: Date): string {
  const [before = "", table = "", after = ""] = splitAtTable(text);
  const rows = new Map(table.split("\n").flatMap(parseRow));
  const { kind, cases, seconds, seed } = survival;
  const old = rows.get(kind) ?? { runs: 0, cases: 0, minutes: 0 };
  const row = {
    runs: old.runs + 1,
    cases: old.cases + cases,
    minutes: old.minutes + seconds / 60,
    seed,
    day: today.toISOString().slice(0, 10),
  };
  rows.set(kind, row);
  const lines = [...rows].sort(([a], [b]) => a.localeCompare(b)).map(formatRow);
  return `${before}${[header, rule, ...lines].join("\n")}${after}`;
}

interface Row {
  readonly runs: number;
  readonly cases: number;
  readonly minutes: number;
  readonly seed: string;
  readonly day: string;
}

function splitAtTable(text: string): [string, string, string] {
  const start = text.indexOf(header);
  if (start < 0) throw new Error(`There is no table "${header}" in ${file}`);
  const length = /(\n\n|\n?$)/.exec(text.slice(start))?.index ?? 0;
  return [text.slice(0, start), text.slice(start, start + length), text.slice(start + length)];
}

function parseRow(line: string): [string, Row][] {
  const [kind = "", runs, cases, minutes, seed = "", day = ""] = line
    .split("|")
    .slice(1)
    .map((cell) => cell.trim());
  if (!/^\d+$/.test(runs ?? "")) return [];
  return [
    [kind, { runs: Number(runs), cases: Number(cases), minutes: Number(minutes), seed, day }],
  ];
}

function formatRow([kind, { runs, cases, minutes, seed, day }]: [string, Row]): string {
  return `| ${kind} | ${runs} | ${cases} | ${minutes.toFixed(1)} | ${seed} | ${day} |`;
}
