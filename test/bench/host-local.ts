/**
 * `node build/run.mjs test/bench/host-local.ts [COUNT...]`: what ADD, CHECK and DEL take among that
 * many reservations, for both suites. Milliseconds of whole processes, medians. "first" is the ADD
 * that finds a directory it does not know, filled by somebody else.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const suites = { patchbay: resolve("dist/bin"), reference: "/usr/lib/cni" };
const verbs = ["ADD", "CHECK", "DEL"] as const;
const patience = 3000;

/** Leaves `count` reservations without gaps, and the counter at the last. */
function fill(dataDir: string, count: number): void {
  const directory = join(dataDir, "net");
  mkdirSync(directory, { recursive: true });
  const addressOf = (index: number) => `10.1.${(index + 2) >> 8}.${(index + 2) & 255}`;
  for (let index = 0; index < count; index++) {
    writeFileSync(join(directory, addressOf(index)), `container${index}\r\neth0`, { mode: 0o600 });
  }
  if (count > 0) writeFileSync(join(directory, "last_reserved_ip.0"), addressOf(count - 1));
}

function call(suite: string, dataDir: string, verb: string, containerId: string): number {
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet: "10.1.0.0/16" }]] };
  const config = { cniVersion: "1.0.0", name: "net", type: "bridge", ipam };
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: containerId,
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/none",
    CNI_PATH: suite,
  };
  const stdin = Buffer.from(JSON.stringify(config));
  const start = performance.now();
  const { exitCode, stdout } = Bun.spawnSync([join(suite, "host-local")], { env, stdin });
  if (exitCode !== 0) throw new Error(`${verb} failed: ${stdout}`);
  return performance.now() - start;
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(1);
}

/** @returns the medians of each verb, and of the first ADD */
function measure(suite: string, count: number): string[] {
  const dataDir = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  try {
    fill(dataDir, count);
    const first = call(suite, dataDir, "ADD", "first");
    const samples = verbs.map((): number[] => []);
    const end = performance.now() + patience;
    for (let round = 0; round < 5 || (round < 100 && performance.now() < end); round++) {
      verbs.forEach((verb, index) => {
        samples[index]?.push(call(suite, dataDir, verb, `c${round}`));
      });
    }
    return [first.toFixed(1), ...samples.map(median)];
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

function print(...cells: readonly (string | number)[]): void {
  writeSync(1, `| ${cells.join(" | ")} |\n`);
}

const counts = process.argv.slice(2).map(Number);
print("reservations", "suite", "first", ...verbs);
print(...Array(6).fill("---"));
for (const count of counts.length > 0 ? counts : [0, 1000, 60_000]) {
  for (const [name, suite] of Object.entries(suites)) print(count, name, ...measure(suite, count));
}
