/**
 * `node build/run.mjs test/bench/first-calls.ts [WORD...]`: what it takes to call functions of
 * JavaScript and of Bun for the first time in a process, and for the second: thousands of
 * instructions in user space, medians, by `perf`. With words, of those that have one in them.
 *
 * Many such functions are JavaScript themselves, which the engine compiles when it needs them.
 */
import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIMES = 5;

const expressions = [
  "[1].map((x) => x)",
  "[1].filter((x) => x)",
  "[1].find((x) => x)",
  "[1].findIndex((x) => x)",
  "[1].some((x) => x)",
  "[1].every((x) => x)",
  "[1].forEach((x) => x)",
  "[1].flatMap((x) => [x])",
  "[1].reduce((x, y) => x + y, 0)",
  "[1].at(-1)",
  "[[1]].flat()",
  "[1].includes(1)",
  "[1].join()",
  "[2, 1].sort((x, y) => x - y)",
  "Array.from({ length: 2 }, (_, index) => index)",
  'Object.fromEntries([["a", 1]])',
  "Object.entries({ a: 1 })",
  "[...new Map([[1, 2]]).values()]",
  "[...new Uint8Array(3)]",
  "Uint8Array.from([1])",
  "Uint8Array.of(1)",
  'Buffer.from("a")',
  "Buffer.from(new Uint8Array(3))",
  "Buffer.alloc(3)",
  "Buffer.concat([new Uint8Array(3)])",
  'new TextEncoder().encode("a")',
  "new TextDecoder().decode(new Uint8Array(3))",
  "/^a+$/.test('a')",
  "[...'a1'.matchAll(/\\d/g)]",
  "'a'.replace(/a/, 'b')",
  "'a'.localeCompare('b')",
  "JSON.parse('{}')",
  "JSON.stringify({ a: 1 })",
  "performance.now()",
  "process.env['A']",
] as const;

/** A program that evaluates the expression with the number that it is given, as often as it is told. */
function program(): string {
  const cases = expressions.map((expression, index) => `case "${index}": (${expression}); break;`);
  return `
const [wanted, times] = process.argv.slice(2);
for (let time = 0; time < Number(times); time++) switch (wanted) { ${cases.join("\n")} }
`;
}

async function compile(folder: string): Promise<string> {
  const source = join(folder, "program.ts");
  const outfile = join(folder, "program");
  writeFileSync(source, program());
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    splitting: true,
    bytecode: true,
    // Else what nobody looks at would not be evaluated.
    minify: false,
    compile: { outfile, jitPolicy: 100 },
  });
  return outfile;
}

/** @returns the median of the instructions that the whole process executes in user space */
function count(executable: string, index: number, times: number): number {
  const counts = Array.from({ length: TIMES }, () => {
    const perf = ["perf", "stat", "-x,", "-e", "instructions:u"];
    const { stderr } = Bun.spawnSync([...perf, executable, `${index}`, `${times}`]);
    return Number.parseInt(stderr.toString(), 10);
  });
  return counts.toSorted((a, b) => a - b)[Math.floor(TIMES / 2)] ?? Number.NaN;
}

function print(...cells: readonly (string | number)[]): void {
  writeSync(1, `| ${cells.join(" | ")} |\n`);
}

const words = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
try {
  const executable = await compile(folder);
  print("expression", "first", "second");
  print("---", "---", "---");
  for (const [index, expression] of expressions.entries()) {
    if (words.length > 0 && !words.some((word) => expression.includes(word))) continue;
    const [none = 0, once = 0, twice = 0] = [0, 1, 2].map((times) =>
      count(executable, index, times),
    );
    const thousands = (instructions: number) => Math.round(instructions / 1000);
    print(`\`${expression}\``, thousands(once - none), thousands(twice - once));
  }
} finally {
  rmSync(folder, { recursive: true });
}
