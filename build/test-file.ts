import { spawn } from "node:child_process";
import { Namespace } from "../test/support/namespace.ts";
import type { TestBundle } from "./bundle-test.ts";
import { parseTap } from "./tap-report.ts";

/** After this a file is stopped, and has failed. */
const deadline = 600_000;

/** How Node runs a bundle, so that failures point at the TypeScript. */
export const nodeOptions: readonly string[] = ["--enable-source-maps"];

/** Where Bun is, for what Node cannot load; and no deadline of tap's own beside ours. */
export const testEnvironment = { PATCHBAY_BUN: process.execPath, TAP_TIMEOUT: "0" } as const;

/** How one test file ended. A test is a top-level `t.test`. */
export interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly string[];
  /** Each whole, ready to be printed. */
  readonly failures: readonly string[];
  readonly milliseconds: number;
}

/** How a process ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** What it came to, unless it ended well: "exited with 1". */
  readonly end: string | undefined;
}

/**
 * Runs one bundled file under Node to its end, and takes away what it leaves.
 *
 * @param stop ends it before
 * @param temporary the folder for its temporary files
 */
export async function runTest(
  { file, path, usesLab }: TestBundle,
  stop: AbortSignal,
  temporary: string,
): Promise<Outcome> {
  const start = performance.now();
  const { pid, ...ended } = await runNode([...nodeOptions, path], stop, temporary);
  if (usesLab && pid !== undefined) Namespace.deleteAllOf(pid);
  return judge(file, ended, performance.now() - start);
}

/** @returns the outcome of a file that could not be run */
export function failedOutcome(file: string, problem: string): Outcome {
  return { file, passed: 0, failed: 1, skips: [], failures: [problem], milliseconds: 0 };
}

/** @returns what a file's output and end come to */
export function judge(file: string, ended: Ended, milliseconds: number): Outcome {
  const { stdout, stderr, end } = ended;
  const { passed, failed, skips, failures } = parseTap(stdout);
  const all = [...failures];
  // A file that says all is well and then dies has failed too.
  if (end !== undefined && failed === 0) all.push(`${file} ${end}`);
  if (passed + failed + skips.length === 0) all.push("No tests in it");
  if (all.length > 0 && stderr !== "") all.push(`stderr:\n${stderr.trimEnd()}`);
  const count = all.length > 0 ? Math.max(failed, 1) : 0;
  return { file, passed, failed: count, skips, failures: all, milliseconds };
}

function runNode(
  args: readonly string[],
  stop: AbortSignal,
  temporary: string,
): Promise<Ended & { readonly pid: number | undefined }> {
  const child = spawn("node", args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: deadline,
    // What is stuck in a loop heeds nothing else.
    killSignal: "SIGKILL",
    env: { ...process.env, ...testEnvironment, TMPDIR: temporary },
  });
  stop.addEventListener("abort", () => child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const end = signal !== null ? `was ended by ${signal}` : `exited with ${code}`;
      resolve({ pid: child.pid, ...output, end: code === 0 ? undefined : end });
    });
  });
}

/** @returns one line for a file that passed, and all there is to know of one that failed */
export function describeOutcome(outcome: Outcome): string {
  const { file, passed, failed, skips, failures, milliseconds } = outcome;
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (skips.length > 0) counts.push(`${skips.length} skipped`);
  const seconds = (milliseconds / 1000).toFixed(1);
  const line = `${failed > 0 ? "FAIL" : "ok  "} ${file}: ${counts.join(", ")} (${seconds} s)`;
  const blocks = failures.map((failure) => `\n${failure.replaceAll(/^/gm, "    ")}\n`);
  return [line, ...blocks].join("\n");
}
