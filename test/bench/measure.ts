import { call, type Pod, type Suite } from "./call.ts";
import type { Gauge } from "./gauge.ts";
import type { Caller, Round, RoundFor } from "./rounds.ts";

/** What one thing cost each time, by suite. */
export interface Measurement<Cost> {
  readonly round: string;
  /** A verb, or for VERSION a plugin. */
  readonly label: string;
  readonly costs: ReadonlyMap<Suite, readonly Cost[]>;
}

/** Which suites take turns, whom the calls are about, and how many rounds count. */
interface Conditions {
  readonly suites: readonly Suite[];
  readonly pod: Pod;
  readonly times: number;
}

/** Measures one round after the other. */
export function measureAll<Cost>(
  gauge: Gauge<Cost>,
  rounds: readonly RoundFor[],
  conditions: Conditions,
): Measurement<Cost>[] {
  return rounds.flatMap((roundFor) => measure(gauge, roundFor, conditions));
}

/**
 * Runs a round again and again with one suite after the other, first one and then the other first,
 * so that whatever else the machine does hits both.
 */
export function measure<Cost>(
  gauge: Gauge<Cost>,
  roundFor: RoundFor,
  { suites, pod, times }: Conditions,
): Measurement<Cost>[] {
  const totals = new Map<string, Map<Suite, Cost[]>>();
  let name = "";
  for (let time = 0; time < times + 1; time++) {
    for (const suite of time % 2 === 0 ? suites : suites.toReversed()) {
      const round = roundFor(suite);
      name = round.name;
      const spent = runOnce(gauge, round, suite, pod);
      // The first time is for the caches.
      if (time > 0) remember(totals, suite, spent);
    }
  }
  return [...totals].map(([label, costs]) => ({ round: name, label, costs }));
}

/** @returns what each label of the round came to */
export function runOnce<Cost>(
  gauge: Gauge<Cost>,
  round: Round,
  suite: Suite,
  pod: Pod,
): ReadonlyMap<string, Cost> {
  const spent = new Map<string, Cost>();
  const caller: Caller = {
    suite,
    measured(label, each) {
      const { cost, result } = gauge.call(suite, each);
      const before = spent.get(label);
      spent.set(label, before === undefined ? cost : gauge.combine(before, cost));
      return result;
    },
    unmeasured: (each) => call(suite, each).result,
  };
  round.run(caller, pod);
  return spent;
}

function remember<Cost>(
  totals: Map<string, Map<Suite, Cost[]>>,
  suite: Suite,
  spent: ReadonlyMap<string, Cost>,
): void {
  for (const [label, cost] of spent) {
    const bySuite = totals.get(label) ?? new Map<Suite, Cost[]>();
    totals.set(label, bySuite.set(suite, [...(bySuite.get(suite) ?? []), cost]));
  }
}
