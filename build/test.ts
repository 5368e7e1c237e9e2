/**
 * `npm test [-- FILE|FOLDER...]`: bundles the tests, makes what they need, runs each file under
 * Node, as many at a time as there are processors, and prints every failure whole. tap's own runner
 * cannot: its TypeScript loader needs the compiler's JavaScript interface, which TypeScript 7 does
 * not have.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { bundleTest, type TestBundle } from "./bundle-test.ts";
import { compile, folder as executables, isUpToDate } from "./executables.ts";
import { ensureSystemPackages } from "./system-packages.ts";
import { describeOutcome, failedOutcome, type Outcome, runTest } from "./test-file.ts";

function findTests(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`No test at "${path}"`);
    if (!statSync(path).isDirectory()) return [path];
    return [...new Bun.Glob("**/*.test.ts").scanSync(path)].map((name) => `${path}/${name}`);
  });
  return [...new Set(files.map((file) => file.replaceAll(/\/+/g, "/")))].sort();
}

/** A test is ready to run, or why it cannot. */
type Prepared = TestBundle | { readonly file: string; readonly problem: string };

/** Files that do not even bundle are failures of their own, and keep no other from running. */
async function prepare(file: string, folder: string): Promise<Prepared> {
  try {
    return await bundleTest(file, folder);
  } catch (error) {
    return { file, problem: Bun.inspect(error) };
  }
}

/** Makes what the lab needs. @returns why it cannot be had */
function prepareLab(): string | undefined {
  try {
    if (process.getuid?.() !== 0) throw new Error("Tests of the executables need root");
    ensureSystemPackages("test");
    if (!isUpToDate()) compile();
    return undefined;
  } catch (error) {
    rmSync(executables, { recursive: true, force: true }); // lest old ones be tested
    return error instanceof Error ? error.message : String(error);
  }
}

async function runAll(tests: readonly Prepared[]): Promise<Outcome[]> {
  const queue = [...tests];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
      const outcome =
        "problem" in test ? failedOutcome(test.file, test.problem) : await runTest(test);
      outcomes.push(outcome);
      console.log(describeOutcome(outcome));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return outcomes;
}

async function runTests(files: readonly string[], folder: string): Promise<Outcome[]> {
  const tests: Prepared[] = [];
  for (const file of files) tests.push(await prepare(file, folder));
  const problem = tests.some((test) => "usesLab" in test && test.usesLab)
    ? prepareLab()
    : undefined;
  const outcomes = await runAll(tests);
  if (problem === undefined) return outcomes;
  // Those that need no executables have run all the same.
  const broken = failedOutcome("executables", problem);
  console.log(describeOutcome(broken));
  return [...outcomes, broken];
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
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const paths = process.argv.slice(2);
const files = findTests(paths.length > 0 ? paths : ["test"]);
const outcomes = await runTests(files, folder);
console.log(summarise(outcomes));
if (outcomes.length === 0 || outcomes.some(({ failed }) => failed > 0)) process.exitCode = 1;
