import { callAside, type Json, type Pod, type Suite } from "./call.ts";
import { chainSteps, type Setting, startOf, stopOf } from "./rounds.ts";
import { type Summary, summarise } from "./statistics.ts";

/** Whole chains of many pods at once. */
export interface CrowdMeasurement {
  readonly verb: "ADD" | "DEL";
  /** Pods a second. */
  readonly rates: ReadonlyMap<Suite, Summary>;
}

/** @param settingFor what a suite's networks are like */
export async function measureCrowd(
  settingFor: (suite: Suite) => Setting,
  { suites, pods, times }: { suites: readonly Suite[]; pods: readonly Pod[]; times: number },
): Promise<CrowdMeasurement[]> {
  const rates = { ADD: new Map<Suite, number[]>(), DEL: new Map<Suite, number[]>() };
  for (let time = 0; time < times; time++) {
    for (const suite of time % 2 === 0 ? suites : suites.toReversed()) {
      const members = pods.map((pod, index) => memberOf(suite, settingFor(suite), pod, index));
      for (const verb of ["ADD", "DEL"] as const) {
        const seconds = await timeAll(members.map((member) => member[verb]));
        rates[verb].set(suite, [...(rates[verb].get(suite) ?? []), pods.length / seconds]);
      }
    }
  }
  return (["ADD", "DEL"] as const).map((verb) => ({
    verb,
    rates: new Map([...rates[verb]].map(([suite, values]) => [suite, summarise(values)])),
  }));
}

async function timeAll(works: readonly (() => Promise<void>)[]): Promise<number> {
  const start = performance.now();
  await Promise.all(works.map((work) => work()));
  return (performance.now() - start) / 1000;
}

function memberOf(suite: Suite, setting: Setting, pod: Pod, index: number) {
  const steps = chainSteps(setting, portsOf(index));
  let prevResult: Json = {};
  return {
    async ADD() {
      for (const step of steps) {
        prevResult = (await callAside(suite, startOf(step, prevResult, pod))).result;
      }
    },
    async DEL() {
      for (const step of steps.toReversed()) await callAside(suite, stopOf(step, prevResult, pod));
    },
  };
}

/** Two ports of the node that no other pod publishes. */
function portsOf(index: number): Json[] {
  return [80, 443].map((containerPort, offset) => ({
    hostPort: 20_000 + 2 * index + offset,
    containerPort,
    protocol: "tcp",
  }));
}
