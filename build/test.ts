/**
 * `npm test [-- [--vm] FILE|FOLDER...]`: bundles the tests, makes what they need, runs each file
 * under Node, as many at a time as there are processors, and prints every failure whole. What this
 * kernel cannot run is run in the VM, with --vm everything.
 *
 * tap's own runner cannot: its TypeScript loader needs the compiler's JavaScript interface, which
 * TypeScript 7 does not have.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { skipPrefix } from "../test/support/kernel-features.ts";
import { bundleTest, type TestBundle } from "./bundle-test.ts";
import { compile, folder as executables, isUpToDate } from "./executables.ts";
import { ensureSystemPackages } from "./system-packages.ts";
import { describeOutcome, failedOutcome, type Outcome, runTest } from "./test-file.ts";
import { runTestsInVm } from "./test-vm.ts";

function findTests(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`No test at "${path}"`);
    if (!statSync(path).isDirectory()) return [path];
    return [...new Bun.Glob("**/*.test.ts").scanSync(path)].map((name) => `${path}/${name}`);
  });
  return [...new Set(files.map((file) => file.replaceAll(/\/+/g, "/")))].sort();
}

/** Files that do not even bundle are failures of their own, and keep no other from running. */
async function bundle(file: string, folder: string): Promise<TestBundle | Outcome> {
  try {
    return await bundleTest(file, folder);
  } catch (error) {
    return report(failedOutcome(file, Bun.inspect(error)));
  }
}

/** Makes what the lab needs. @returns why it cannot be had; other tests can do without */
async function prepareLab(): Promise<Outcome[]> {
  try {
    if (process.getuid?.() !== 0) throw new Error("Tests of the executables need root");
    ensureSystemPackages("test");
    if (!isUpToDate()) await compile();
    return [];
  } catch (error) {
    rmSync(executables, { recursive: true, force: true }); // lest old ones be tested
    return [
      report(failedOutcome(executables, error instanceof Error ? error.message : `${error}`)),
    ];
  }
}

/** Without the runtimes, their tests are skipped, and say so. */
function prepareRuntimes(): void {
  try {
    ensureSystemPackages("runtimes");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

async function runHere(tests: readonly TestBundle[]): Promise<Outcome[]> {
  const queue = [...tests];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let test = queue.shift(); test && !stop.signal.aborted; test = queue.shift()) {
      outcomes.push(report(await runTest(test, stop.signal, temporary)));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return outcomes;
}

async function runInVm(tests: readonly TestBundle[], folder: string): Promise<Outcome[]> {
  if (tests.length === 0 || stop.signal.aborted) return [];
  console.log(`In a VM, which takes a while: ${tests.map(({ file }) => file).join(", ")}`);
  return (await runTestsInVm(tests, folder)).map(report);
}

function report(outcome: Outcome): Outcome {
  console.log(describeOutcome(outcome));
  return outcome;
}

function isForVm({ skips }: Outcome): boolean {
  return process.arch === "x64" && skips.some((skip) => skip.includes(skipPrefix));
}

/** @returns what came of all tests; a file that was run again in the VM is there twice */
async function runAll(files: readonly string[], folder: string, vmOnly: boolean) {
  const bundles = await Promise.all(files.map((file) => bundle(file, folder)));
  const tests = bundles.filter((each) => "path" in each);
  const broken = bundles.filter((each) => "failures" in each);
  if (tests.some(({ usesLab }) => usesLab)) broken.push(...(await prepareLab()));
  if (tests.some(({ file }) => file.startsWith("test/runtimes/"))) prepareRuntimes();
  if (vmOnly) return [...broken, ...(await runInVm(tests, folder))];

  const here = await runHere(tests);
  const again = new Set(here.filter(isForVm).map(({ file }) => file));
  const inVm = await runInVm(
    tests.filter(({ file }) => again.has(file)),
    folder,
  );
  const settled = here.map((each) => (again.has(each.file) ? { ...each, skips: [] } : each));
  return [...broken, ...settled, ...inVm];
}

/** The last line is the sum, alone, for programs to read. */
function summarise(outcomes: readonly Outcome[]): string {
  const sum = (key: "passed" | "failed") => outcomes.reduce((total, each) => total + each[key], 0);
  const skips = outcomes.flatMap(({ file, skips }) => skips.map((skip) => `${file}: ${skip}`));
  const skipped = skips.length > 0 ? `\nSkipped:\n  ${skips.join("\n  ")}\n` : "";
  return `${skipped}\n${sum("passed")} passed, ${sum("failed")} failed`;
}

mkdirSync("dist", { recursive: true });
const folder = mkdtempSync("dist/test-");
const temporary = mkdtempSync(`${tmpdir()}/patchbay-`);
chmodSync(temporary, 0o1777); // some tests are somebody else for a while
process.on("exit", () => {
  for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true });
});
// What runs is ended, and what it leaves is taken away, before this program ends.
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());

const paths = process.argv.slice(2).filter((argument) => argument !== "--vm");
const files = findTests(paths.length > 0 ? paths : ["test"]);
const outcomes = await runAll(files, folder, process.argv.includes("--vm"));
console.log(summarise(outcomes));
if (outcomes.length === 0 || outcomes.some(({ failed }) => failed > 0)) process.exitCode = 1;
