import { type Answer, call, type Pod, type Sample, type Suite } from "./call.ts";
import type { Caller, Round } from "./rounds.ts";

/** What one thing cost each time, by suite. */
export interface Measurement {
  readonly round: string;
  /** A verb, or for VERSION a plugin. */
  readonly label: string;
  readonly samples: ReadonlyMap<Suite, readonly Sample[]>;
}

/**
 * Runs a round again and again with one suite after the other, first one and then the other first,
 * so that whatever else the machine does hits both.
 *
 * @param roundFor the round as a suite is asked for it
 */
export function measure(
  roundFor: (suite: Suite) => Round,
  { suites, pod, times }: { suites: readonly Suite[]; pod: Pod; times: number },
): Measurement[] {
  const totals = new Map<string, Map<Suite, Sample[]>>();
  let name = "";
  for (let time = 0; time < times + 1; time++) {
    for (const suite of time % 2 === 0 ? suites : suites.toReversed()) {
      const round = roundFor(suite);
      name = round.name;
      const spent = runOnce(round, suite, pod);
      // The first time is for the caches.
      if (time > 0) remember(totals, suite, spent);
    }
  }
  return [...totals].map(([label, samples]) => ({ round: name, label, samples }));
}

/** @returns what each label of the round came to */
export function runOnce(round: Round, suite: Suite, pod: Pod): ReadonlyMap<string, Sample> {
  const spent = new Map<string, Sample>();
  const caller: Caller = {
    suite,
    measured(label, each) {
      const answer = call(suite, each);
      spent.set(label, add(spent.get(label), answer));
      return answer;
    },
    unmeasured: (each) => call(suite, each),
  };
  round.run(caller, pod);
  return spent;
}

function add(before: Sample = { wall: 0, cpu: 0 }, { wall, cpu }: Answer): Sample {
  return { wall: before.wall + wall, cpu: before.cpu + cpu };
}

function remember(
  totals: Map<string, Map<Suite, Sample[]>>,
  suite: Suite,
  spent: ReadonlyMap<string, Sample>,
): void {
  for (const [label, sample] of spent) {
    const bySuite = totals.get(label) ?? new Map<Suite, Sample[]>();
    totals.set(label, bySuite.set(suite, [...(bySuite.get(suite) ?? []), sample]));
  }
}
