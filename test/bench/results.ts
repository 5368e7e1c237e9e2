import type { Sample, Suite } from "./call.ts";
import type { CrowdMeasurement } from "./crowd.ts";
import type { Machine } from "./machine.ts";
import type { Measurement } from "./measure.ts";
import { type Summary, summarise } from "./statistics.ts";
import type { TrafficMeasurement } from "./traffic.ts";

/** All that one run of the benchmark found, as it is written to results.json. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  /** What they say of themselves; ours first. */
  readonly suites: readonly { readonly name: string; readonly version: string }[];
  readonly calls: readonly CallResult[];
  readonly cold: readonly CallResult[];
  /** Each suite beside so many other attachments of its own. */
  readonly crowded: readonly CrowdedResult[];
  readonly podsAtOnce: number;
  readonly atOnce: readonly CrowdResult[];
  readonly memory: readonly MemoryResult[];
  readonly traffic: readonly (Omit<TrafficMeasurement, "suite"> & { readonly suite: string })[];
}

export type BySuite<T> = { readonly [suite: string]: T };

export interface CallResult {
  /** A round and a verb: "bridge + host-local ADD". */
  readonly call: string;
  /** In milliseconds, from start to end. */
  readonly wall: BySuite<Summary>;
  /** Processor time, in milliseconds. */
  readonly cpu: BySuite<Summary>;
}

export interface CrowdedResult extends CallResult {
  /** How many other attachments there were. */
  readonly others: number;
}

export interface MemoryResult {
  readonly call: string;
  /** The most that is resident, in MiB; of a chain, by the call that needs most. */
  readonly peak: BySuite<Summary>;
}

export interface CrowdResult {
  readonly verb: string;
  /** Pods a second. */
  readonly rate: BySuite<Summary>;
}

export function toCallResult({ round, label, costs }: Measurement<Sample>): CallResult {
  const of = (pick: (sample: Sample) => number) =>
    bySuite(costs, (each) => summarise(each.map(pick)));
  return {
    call: `${round} ${label}`,
    wall: of(({ wall }) => wall),
    cpu: of(({ cpu }) => cpu),
  };
}

export function toMemoryResult({ round, label, costs }: Measurement<number>): MemoryResult {
  return { call: `${round} ${label}`, peak: bySuite(costs, summarise) };
}

export function toCrowdResult({ verb, rates }: CrowdMeasurement): CrowdResult {
  return { verb, rate: bySuite(rates, (rate) => rate) };
}

/** @returns each result of ours with what the other suite took for the same, if it did */
export function joinSuites(
  ours: readonly CrowdedResult[],
  theirs: readonly CrowdedResult[],
): CrowdedResult[] {
  return ours.map((mine) => {
    const same = theirs.find(({ call, others }) => call === mine.call && others === mine.others);
    return { ...mine, wall: { ...mine.wall, ...same?.wall }, cpu: { ...mine.cpu, ...same?.cpu } };
  });
}

function bySuite<From, To>(
  values: ReadonlyMap<Suite, From>,
  convert: (value: From) => To,
): BySuite<To> {
  return Object.fromEntries([...values].map(([{ name }, value]) => [name, convert(value)]));
}
