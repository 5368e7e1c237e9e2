import { join } from "node:path";
import { type Call, measureMemory, type Pod, type Suite } from "./call.ts";
import { measureCrowd } from "./crowd.ts";
import { buildFloor, floors } from "./executables.ts";
import { describeMachine, forget } from "./machine.ts";
import { measure, runOnce } from "./measure.ts";
import {
  crowdedRounds,
  plainBridge,
  plugins,
  roundsFor,
  type SettingOf,
  versionRound,
} from "./plan.ts";
import { populate } from "./population.ts";
import { type CallResult, type Results, toCallResult, toCrowdResult } from "./results.ts";
import { type Attachment, type Backend, bridge, loopback } from "./rounds.ts";
import { makeClient, measureTraffic } from "./traffic.ts";
import { makePods, settle } from "./world.ts";

/** How thorough a run is. */
export interface Effort {
  /** How many times each single call is made. */
  readonly times: number;
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
    ...roundsFor(settingOf).flatMap((roundFor) =>
      measure(roundFor, { suites, pod, times: effort.times }).map(toCallResult),
    ),
  ];
  tell(`${effort.podsAtOnce} pods at once`);
  const atOnce = await measureCrowd(settingOf, { suites, pods, times: 4 });
  tell("memory");
  const memory = measurePeaks(suites, pod);
  tell("packets");
  const traffic = await measureAllTraffic(suites, pod, effort);
  const crowded = measureCrowded(suites[0], pod, effort, tell);
  // At the end: whatever comes after it starts executables that were read bit by bit.
  tell("after a boot");
  const cold = measureCold(suites, pod, { ...effort, times: effort.times / 2 });
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { ...machine, load: [...machine.load, ...describeMachine().load] },
    suites: suites.map(({ name, description = "" }) => ({ name, version: description })),
    calls,
    cold,
    crowded,
    podsAtOnce: pods.length,
    atOnce: atOnce.map(toCrowdResult),
    memory,
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
  const measured = measure(() => versionRound, { suites: [...suites, ...more], pod, times });
  return measured.map(toCallResult);
}

function measureCold(suites: readonly Suite[], pod: Pod, { times }: Effort): CallResult[] {
  const roundFor = plainBridge(settingOf);
  const forgetful = (suite: Suite) => {
    for (const plugin of plugins) forget(join(suite.directory, plugin));
    return roundFor(suite);
  };
  const measured = measure(forgetful, { suites, pod, times: Math.ceil(times / 3) });
  return measured.filter(({ label }) => label === "ADD").map(toCallResult);
}

function measurePeaks(suites: readonly Suite[], pod: Pod): Results["memory"] {
  const peaksOf = (callFor: (suite: Suite) => Call) =>
    Object.fromEntries(suites.map((suite) => [suite.name, measureMemory(suite, callFor(suite))]));
  const attach = (verb: "ADD" | "DEL") => (suite: Suite) => {
    return { verb, config: bridge(settingOf(suite), true), pod } as const;
  };
  const perSuite = suites.map((suite) => {
    const add = measureMemory(suite, attach("ADD")(suite));
    const del = measureMemory(suite, attach("DEL")(suite));
    return [suite.name, { add, del }] as const;
  });
  const pick = (which: "add" | "del") =>
    Object.fromEntries(perSuite.map(([name, peaks]) => [name, peaks[which]]));
  return [
    { call: "VERSION", peak: peaksOf(() => ({ verb: "VERSION", config: loopback, pod })) },
    { call: "loopback ADD", peak: peaksOf(() => ({ verb: "ADD", config: loopback, pod })) },
    { call: "bridge + host-local + ipMasq ADD", peak: pick("add") },
    { call: "bridge + host-local + ipMasq DEL", peak: pick("del") },
  ];
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

/** Last of all: what it makes stays until the namespace goes. */
function measureCrowded(
  ours: Suite,
  pod: Pod,
  { crowds, times }: Effort,
  tell: (line: string) => void,
): Results["crowded"] {
  const others: Attachment[] = [];
  return crowds.flatMap((size) => {
    tell(`beside ${size} others`);
    others.push(...populate(others.length, size, settingOf(ours)));
    const crowdedSetting: SettingOf = (suite) => ({ ...settingOf(suite), others });
    return crowdedRounds(crowdedSetting).flatMap((roundFor) => {
      runOnce(roundFor(ours), ours, pod); // makes what the first one has to make
      const measured = measure(roundFor, { suites: [ours], pod, times });
      return measured.map((each) => ({ ...toCallResult(each), others: size }));
    });
  });
}
