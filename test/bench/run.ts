import { type Guest, measureBeside } from "./beside.ts";
import type { Pod, Suite } from "./call.ts";
import { measureCrowd } from "./crowd.ts";
import { buildFloor, floors } from "./executables.ts";
import { cold, memory, warm } from "./gauge.ts";
import { describeMachine } from "./machine.ts";
import { measure, measureAll } from "./measure.ts";
import { roundsByDefault, roundsFor, type SettingOf, versionRound } from "./plan.ts";
import { residentsOf } from "./population.ts";
import { findReplicas } from "./replicas.ts";
import {
  type CallResult,
  joinSuites,
  type Results,
  toCallResult,
  toCrowdResult,
  toMemoryResult,
} from "./results.ts";
import type { Backend } from "./rounds.ts";
import { makeClient, measureTraffic } from "./traffic.ts";
import { makePods, settle } from "./world.ts";

/** How thorough a run is. */
export interface Effort {
  /** How many times each single call is made. */
  readonly times: number;
  /** The same from disk, where a call takes ten times as long. */
  readonly timesCold: number;
  /** The same for memory, which hardly varies. */
  readonly timesForMemory: number;
  /** The same for the other suite beside others, where a call may take seconds. */
  readonly timesBesideCrowd: number;
  /** How many other attachments there are, ascending from none. */
  readonly crowds: readonly number[];
  readonly podsAtOnce: number;
  /** How many published ports packets are measured with. */
  readonly publishedPorts: readonly number[];
  readonly seconds: number;
}

/** Where plugins of ours and of others keep leases: never in one directory. */
function settingOf({ name }: Suite): ReturnType<SettingOf> {
  return { dataDir: `/var/lib/cni/${name}`, backend: undefined, others: [] };
}

/** Measures everything, in namespaces that this process was started in for that. */
export async function runBenchmark(
  suites: readonly [ours: Suite, theirs: Suite],
  effort: Effort,
  tell: (line: string) => void,
): Promise<Results> {
  settle();
  const machine = describeMachine();
  const pods = makePods(effort.podsAtOnce);
  const [pod = { containerId: "", netns: "" }] = pods;
  tell("single calls");
  const calls = [
    ...(await measureVersions(suites, pod, effort)),
    ...measureCalls(suites, pod, effort),
  ];
  tell(`${effort.podsAtOnce} pods at once`);
  const atOnce = await measureCrowd(settingOf, { suites, pods, times: 4 });
  tell("memory");
  const peaks = measureMemory(suites, pod, effort);
  tell("packets");
  const traffic = await measureAllTraffic(suites, pod, effort);
  const crowded = measureCrowded(suites, pod, effort, tell);
  // At the end: whatever comes after it starts executables that were read bit by bit.
  tell("after a boot");
  const afterBoot = measureCold(suites, pod, effort);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { ...machine, load: [...machine.load, ...describeMachine().load] },
    suites: suites.map(({ name, description = "" }) => ({ name, version: description })),
    calls,
    cold: afterBoot,
    crowded,
    podsAtOnce: pods.length,
    atOnce: atOnce.map(toCrowdResult),
    memory: peaks,
    traffic,
  };
}

/** VERSION also of executables that show what Bun costs before a program has done anything. */
async function measureVersions(
  suites: readonly Suite[],
  pod: Pod,
  { times }: Effort,
): Promise<CallResult[]> {
  const names = Object.keys(floors) as (keyof typeof floors)[];
  const more = await Promise.all(
    names.map(async (name) => ({
      name,
      directory: await buildFloor(name, "dist/bench"),
      cniVersion: "1.0.0",
    })),
  );
  const everyone = [...suites, ...more];
  return measure(warm, versionRound, { suites: everyone, pod, times }).map(toCallResult);
}

function measureCalls(suites: readonly Suite[], pod: Pod, { times }: Effort): CallResult[] {
  return measureAll(warm, roundsFor(settingOf), { suites, pod, times }).map(toCallResult);
}

function measureMemory(suites: readonly Suite[], pod: Pod, effort: Effort): Results["memory"] {
  const rounds = [versionRound, ...roundsFor(settingOf)];
  const conditions = { suites, pod, times: effort.timesForMemory };
  return measureAll(memory, rounds, conditions).map(toMemoryResult);
}

function measureCold(suites: readonly Suite[], pod: Pod, effort: Effort): CallResult[] {
  const rounds = [versionRound, ...roundsByDefault(settingOf)];
  return measureAll(cold, rounds, { suites, pod, times: effort.timesCold }).map(toCallResult);
}

async function measureAllTraffic(
  [ours, theirs]: readonly [Suite, Suite],
  pod: Pod,
  { publishedPorts, seconds }: Effort,
): Promise<Results["traffic"]> {
  makeClient();
  const measured: Results["traffic"][number][] = [];
  for (const mappings of publishedPorts) {
    for (const [suite, backend] of [
      [ours, "nftables"],
      [ours, "iptables"],
      [theirs, undefined],
    ] as const satisfies [Suite, Backend | undefined][]) {
      const setting = { ...settingOf(suite), backend };
      const talk = await measureTraffic(suite, setting, { pod, mappings, seconds });
      measured.push({ ...talk, suite: suite.name });
    }
  }
  return measured;
}

/** Each suite beside attachments of its own. */
function measureCrowded(
  [ours, theirs]: readonly [Suite, Suite],
  pod: Pod,
  { crowds, times, timesBesideCrowd }: Effort,
  tell: (line: string) => void,
): Results["crowded"] {
  const guestOf = (suite: Suite): Guest => ({ suite, pod, setting: settingOf(suite) });
  const [one, other] = [guestOf(ours), guestOf(theirs)];
  const besideOurs = measureBeside(residentsOf(one), one, { crowds, times }, tell);
  // Not before ours are gone: our DEL looks for what the other suite left.
  const replicas = findReplicas(other);
  if (replicas === undefined) {
    tell(`${theirs.name} has its rules where none were looked for: not measured beside others`);
    return besideOurs;
  }
  const besideTheirs = measureBeside(replicas, other, { crowds, times: timesBesideCrowd }, tell);
  return joinSuites(besideOurs, besideTheirs);
}
