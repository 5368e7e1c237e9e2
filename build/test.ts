/**
 * `npm test [-- FILE|FOLDER...]`: bundles the tests, runs each file under Node, two at a time, and
 * prints every failure whole. tap's own runner cannot: its TypeScript loader needs the compiler's
 * JavaScript interface, which TypeScript 7 does not have.
 */
import { type SpawnOptions, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { bundleTest, type TestBundle } from "./bundle-test.ts";
import { parseTap } from "./tap-report.ts";

/** After this a file is stopped, and has failed. */
const deadline = 180_000;

interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly string[];
  /** Printed at the end, whole. */
  readonly failures: readonly string[];
  readonly milliseconds: number;
}

function findTests(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`No test at "${path}"`);
    if (!statSync(path).isDirectory()) return [path];
    return [...new Bun.Glob("**/*.test.ts").scanSync(path)].map((name) => `${path}/${name}`);
  });
  return [...new Set(files.map((file) => file.replaceAll(/\/+/g, "/")))].sort();
}

async function runFile(file: string, bundle: TestBundle): Promise<Outcome> {
  const start = performance.now();
  const { stdout, stderr, end } = await runNode(["--enable-source-maps", bundle.path]);
  const report = parseTap(stdout);
  const failures = [...report.failures];
  // A file that says all is well and then dies has failed too.
  const died = end !== undefined && report.failed === 0;
  if (died) failures.push(`${file} ${end}`);
  if (failures.length > 0 && stderr !== "") failures.push(`stderr:\n${stderr.trimEnd()}`);
  return {
    file,
    passed: report.passed,
    failed: report.failed + (died ? 1 : 0),
    skips: report.skips,
    failures,
    milliseconds: performance.now() - start,
  };
}

interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, unless well. */
  readonly end: string | undefined;
}

function runNode(args: readonly string[]): Promise<Finished> {
  const options: SpawnOptions = { stdio: ["ignore", "pipe", "pipe"], timeout: deadline };
  const child = spawn("node", args, options);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const end = signal !== null ? `was ended by ${signal}` : `exited with ${code}`;
      resolve({ ...output, end: code === 0 ? undefined : end });
    });
  });
}

/** Files that do not even bundle are failures of their own, and keep no other from running. */
async function bundleAndRun(file: string, folder: string): Promise<Outcome> {
  try {
    return await runFile(file, await bundleTest(file, folder));
  } catch (error) {
    const failures = [Bun.inspect(error)];
    return { file, passed: 0, failed: 1, skips: [], failures, milliseconds: 0 };
  }
}

async function runAll(files: readonly string[], folder: string): Promise<Outcome[]> {
  const queue = [...files];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const outcome = await bundleAndRun(file, folder);
      outcomes.push(outcome);
      console.log(describeOutcome(outcome));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return outcomes;
}

function describeOutcome({ file, passed, failed, skips, failures, milliseconds }: Outcome): string {
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (skips.length > 0) counts.push(`${skips.length} skipped`);
  const line = `${failed > 0 ? "FAIL" : "ok  "} ${file}: ${counts.join(", ")} (${(milliseconds / 1000).toFixed(1)} s)`;
  const blocks = failures.map((failure) => `\n${failure.replaceAll(/^/gm, "    ")}\n`);
  return [line, ...blocks].join("\n");
}

function summarise(outcomes: readonly Outcome[]): number {
  const sum = (key: "passed" | "failed") => outcomes.reduce((total, each) => total + each[key], 0);
  const skips = outcomes.flatMap(({ file, skips }) => skips.map((skip) => `${file}: ${skip}`));
  if (skips.length > 0) console.log(`\nSkipped:\n  ${skips.join("\n  ")}`);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed");
}

mkdirSync("dist", { recursive: true });
const folder = mkdtempSync("dist/test-");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const paths = process.argv.slice(2);
const files = findTests(paths.length > 0 ? paths : ["test"]);
const failed = summarise(await runAll(files, folder));
process.exitCode = failed > 0 ? 1 : 0;
