/**
 * `npm run bench [-- [--quick] [DIRECTORY]]`: measures our plugins and those in DIRECTORY, which are
 * Debian's if none is given, and writes a table and a chart into test/bench/results. It needs root;
 * a quiet machine makes the figures better, the ratios hold on any.
 *
 * `npm run bench -- startup`: where the time of single calls goes.
 */
import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { compile, folder, isUpToDate } from "../../build/executables.ts";
import { ensureSystemPackages } from "../../build/system-packages.ts";
import type { Suite } from "./call.ts";
import { drawChart } from "./chart.ts";
import { describePlugin } from "./machine.ts";
import { plugins } from "./plan.ts";
import { formatReport } from "./report.ts";
import { type Effort, runBenchmark } from "./run.ts";
import { buildProfiled, profileCalls, profiledSuite } from "./startup.ts";
import { unshare } from "./world.ts";

const thorough: Effort = {
  times: 30,
  timesCold: 5,
  timesForMemory: 3,
  timesBesideCrowd: 3,
  crowds: [0, 1_000, 10_000],
  podsAtOnce: 32,
  publishedPorts: [1, 2_000],
  seconds: 3,
};

const quick: Effort = {
  times: 5,
  timesCold: 1,
  timesForMemory: 1,
  timesBesideCrowd: 1,
  crowds: [0, 200],
  podsAtOnce: 8,
  publishedPorts: [1, 100],
  seconds: 0.5,
};

const resultsFolder = join(import.meta.dir, "results");

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Plugins as they are in a directory, in a copy of it. @throws when there are none */
function suiteOf(name: string, directory: string): Suite {
  const { stdout } = Bun.spawnSync([join(directory, "bridge")], {
    env: { CNI_COMMAND: "VERSION" },
    stdin: null,
  });
  const { supportedVersions } = JSON.parse(stdout.toString());
  return {
    name,
    directory: resolve(copyAfresh(directory, name)),
    description: describePlugin(join(directory, "bridge")),
    cniVersion: supportedVersions.at(-1),
  };
}

/**
 * Copies plugins to a new directory, as an installation leaves them. The kernel keeps what has just
 * been written in larger pieces than what it has read from disk bit by bit, and starts it faster.
 */
function copyAfresh(directory: string, name: string): string {
  const copy = join("dist/bench", name);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const plugin of plugins) {
    const isLink = name === "patchbay" && plugin !== plugins[0];
    if (isLink) linkSync(join(copy, plugins[0]), join(copy, plugin));
    else copyFileSync(join(directory, plugin), join(copy, plugin));
  }
  return copy;
}

async function runInside(directory: string, effort: Effort): Promise<void> {
  const suites = [suiteOf("patchbay", folder), suiteOf("reference", directory)] as const;
  const results = await runBenchmark(suites, effort, tell);
  mkdirSync(resultsFolder, { recursive: true });
  const report = formatReport(results);
  writeFileSync(join(resultsFolder, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(resultsFolder, "README.md"), report);
  writeFileSync(join(resultsFolder, "chart.svg"), drawChart(results));
  process.stdout.write(report);
}

/** Starts this program again, in namespaces that end with it. @returns its exit status */
async function runApart(): Promise<number> {
  if (process.getuid?.() !== 0) throw new Error("the benchmark needs root");
  ensureSystemPackages("bench");
  if (isProfile) await buildProfiled();
  else if (!isUpToDate()) await compile();
  const again = [process.execPath, import.meta.path, "--inside", ...process.argv.slice(2)];
  return await Bun.spawn([...unshare, ...again], { stdio: ["inherit", "inherit", "inherit"] })
    .exited;
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { quick: { type: "boolean" }, inside: { type: "boolean" } },
  allowPositionals: true,
});
const [directory = "/usr/lib/cni"] = positionals;
const isProfile = directory === "startup";
const effort = values.quick === true ? quick : thorough;
if (values.inside !== true) process.exitCode = await runApart();
else if (isProfile) process.stdout.write(profileCalls(profiledSuite));
else await runInside(directory, effort);
