import { spawnSync } from "node:child_process";

/**
 * Runs a program that has to succeed.
 *
 * @returns what it printed
 * @throws with what it said
 */
export function runTool(program: string, args: readonly string[], cwd?: string): string {
  const options = { encoding: "utf8", cwd, maxBuffer: 64 * 1024 * 1024 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined) throw new Error(`Cannot run "${program}": ${error.message}`);
  if (status === 0) return stdout;
  throw new Error(`"${[program, ...args].join(" ")}" exited with ${status}: ${stderr}${stdout}`);
}
