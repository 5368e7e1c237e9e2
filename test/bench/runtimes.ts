/**
 * What starting costs, before a plugin does anything: `npm run bench:runtimes`. Programs that write
 * one line, made in different ways, take turns; the figures are medians of whole processes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROUNDS = 40;
const folder = mkdtempSync(join(tmpdir(), "patchbay-bench-"));

interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** In milliseconds. */
function time(argv: readonly string[]): Sample {
  const start = performance.now();
  const env = { ...process.env, CNI_COMMAND: "VERSION" };
  const { exitCode, resourceUsage } = Bun.spawnSync([...argv], { env, stdout: "ignore" });
  const wall = performance.now() - start;
  if (exitCode !== 0) throw new Error(`"${argv.join(" ")}" exited with ${exitCode}`);
  return { wall, cpu: Number(resourceUsage.cpuTime.total) / 1_000 };
}

async function compileLine(): Promise<string> {
  const source = join(folder, "line.ts");
  writeFileSync(source, 'import { writeSync } from "node:fs"; writeSync(1, "one line\\n");\n');
  const outfile = join(folder, "line");
  await Bun.build({ entrypoints: [source], bytecode: true, minify: true, compile: { outfile } });
  return outfile;
}

function writeScript(): string {
  const path = join(folder, "line.cjs");
  writeFileSync(path, 'require("node:fs").writeSync(1, "one line\\n");\n');
  return path;
}

try {
  const programs: readonly (readonly [name: string, argv: readonly string[]])[] = [
    ["one line, compiled by Bun", [await compileLine()]],
    ["one line, Node (what pkg packs)", ["node", writeScript()]],
    ["VERSION, patchbay", ["dist/bin/bridge"]],
    ["VERSION, the Go suite", ["/usr/lib/cni/bridge"]],
    ["/bin/true", ["/bin/true"]],
  ];
  const samples = programs.map((): Sample[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    programs.forEach(([, argv], index) => {
      samples[index]?.push(time(argv));
    });
  }
  const floor = median(samples[0]?.map(({ wall }) => wall) ?? []);
  console.log("| program | wall, ms | CPU, ms | times the first |\n|---|---|---|---|");
  programs.forEach(([name], index) => {
    const own = samples[index] ?? [];
    const wall = median(own.map((sample) => sample.wall));
    const cpu = median(own.map((sample) => sample.cpu));
    console.log(
      `| ${name} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${(wall / floor).toFixed(2)} |`,
    );
  });
} finally {
  rmSync(folder, { recursive: true });
}
