import { compile, isUpToDate } from "../../../build/executables.ts";
import { ensureSystemPackages } from "../../../build/system-packages.ts";
import { recordSurvival } from "./survivals.ts";

/** What a long run has to work with: what `t` is to a test. */
export interface LongRun {
  teardown(action: () => unknown): void;
  /** Says how far it is. */
  say(text: string): void;
  /** What chance is drawn from: the one on the command line, or a new one. */
  readonly seed: number;
}

/** What came of it. */
export interface Outcome {
  readonly cases: number;
  readonly complaints: readonly string[];
}

/** Does work that leaves things behind, and takes them away. */
export async function cleanly<T>(work: (t: Pick<LongRun, "teardown">) => Promise<T>): Promise<T> {
  const actions: (() => unknown)[] = [];
  try {
    return await work({ teardown: (action) => void actions.unshift(action) });
  } finally {
    for (const action of actions) await action();
  }
}

/**
 * The long form of a kind, as a program: `node build/run.mjs test/hardening/KIND/long.ts [SEED]`.
 * What it survives goes into the table in test/README.md.
 */
export async function runLong(
  kind: string,
  work: (run: LongRun) => Promise<Outcome>,
): Promise<void> {
  ensureSystemPackages("test");
  if (!isUpToDate()) await compile();
  const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const start = performance.now();
  say(`${kind}, seed ${seed}`);
  const { cases, complaints } = await cleanly(({ teardown }) => work({ teardown, say, seed }));
  const seconds = (performance.now() - start) / 1000;
  for (const complaint of complaints) say(`\n${complaint}`);
  say(`\n${cases} cases, ${complaints.length} complaints, ${seconds.toFixed(0)} s, seed ${seed}`);
  if (complaints.length > 0) process.exitCode = 1;
  else recordSurvival({ kind, cases, seconds, seed: String(seed) });
}
