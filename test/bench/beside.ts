import type { Pod, Suite } from "./call.ts";
import { warm } from "./gauge.ts";
import { measure, runOnce } from "./measure.ts";
import { crowdedRounds } from "./plan.ts";
import { type Results, toCallResult } from "./results.ts";
import type { Attachment, Setting } from "./rounds.ts";

/** Whose calls are measured, about whom, and on what network. */
export interface Guest {
  readonly suite: Suite;
  readonly pod: Pod;
  readonly setting: Setting;
}

/** Attachments of one suite that are there while others come and go. */
export interface Population {
  /**
   * Adds what is missing to that many.
   *
   * @returns all of them
   */
  grow(size: number): readonly Attachment[];
  /** Takes all of them away. */
  clear(): void;
}

/** Above all that is published while calls are measured. */
const FIRST_PORT = 30_000;

/** @returns what the attachment of that number publishes */
export function publishedPort(index: number) {
  return { hostPort: FIRST_PORT + index, containerPort: 80, protocol: "tcp" } as const;
}

/** Measures one suite beside attachments of its own, more and more of them. */
export function measureBeside(
  population: Population,
  { suite, pod, setting }: Guest,
  { crowds, times }: { crowds: readonly number[]; times: number },
  tell: (line: string) => void,
): Results["crowded"] {
  const calls = crowds.flatMap((size) => {
    tell(`${suite.name} beside ${size} others`);
    const crowded = { ...setting, others: population.grow(size) };
    return crowdedRounds(() => crowded).flatMap((roundFor) => {
      runOnce(warm, roundFor(suite), suite, pod); // makes what the first one has to make
      const measured = measure(warm, roundFor, { suites: [suite], pod, times });
      return measured.map((each) => ({ ...toCallResult(each), others: size }));
    });
  });
  population.clear();
  return calls;
}
