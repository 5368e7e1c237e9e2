import { linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { compileExecutable } from "../../build/executables.ts";
import {
  type Call,
  environmentOf,
  inputOf,
  type Json,
  type Pod,
  programOf,
  type Suite,
} from "./call.ts";
import { instrument } from "./instrument.ts";
import { formatPhases, type Phase, phasesOf, summarisePhases } from "./phases.ts";
import { bridge, loopback, portmap, type Setting } from "./rounds.ts";
import { makePods, settle } from "./world.ts";

/**
 * Where the time of one call goes: the start of the process, the engine, loading code, each step of
 * the work with the kernel's part apart, the end.
 */

const directory = "dist/bench/profiled";
const TIMES = 25;

/** Our plugins, each with a clock in it. */
export const profiledSuite: Suite = {
  name: "profiled",
  directory: resolve(directory),
  cniVersion: "1.1.0",
};

export async function buildProfiled(): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, "profiled");
  await compileExecutable(outfile, undefined, [instrument]);
  for (const name of ["loopback", "bridge", "host-local", "portmap"]) {
    linkSync(outfile, join(directory, name));
  }
}

/** @returns a table for each call, as text */
export function profileCalls(suite: Suite): string {
  settle();
  const [pod = { containerId: "", netns: "" }] = makePods(1);
  const steps = stepsOf(pod, { dataDir: "/var/lib/cni/networks", backend: undefined, others: [] });
  const runs = Array.from({ length: TIMES }, () => runSteps(suite, steps));
  return steps
    .map(({ title }, index) => {
      const calls = runs.slice(1).flatMap((run) => [run[index] ?? []]);
      return `${title}\n${formatPhases(summarisePhases(calls))}\n`;
    })
    .join("\n");
}

interface Step {
  readonly title: string;
  /** @param prevResult of the ADD before */
  call(prevResult: Json): Call;
}

/** What a pod needs when it starts and when it stops, in this order. */
function stepsOf(pod: Pod, setting: Setting): Step[] {
  const plain = bridge(setting, false);
  const masquerading = bridge(setting, true);
  const step = (verb: Call["verb"], name: string, config: Call["config"]): Step => ({
    title: `${name} ${verb}`,
    call: (prevResult) => ({
      verb,
      config: verb === "DEL" || config.type === "portmap" ? { ...config, prevResult } : config,
      pod,
    }),
  });
  return [
    step("VERSION", "bridge", plain),
    step("ADD", "loopback", loopback),
    step("DEL", "loopback", loopback),
    step("ADD", "bridge + host-local", plain),
    step("DEL", "bridge + host-local", plain),
    step("ADD", "bridge + host-local + ipMasq", masquerading),
    step("ADD", "portmap, two ports", portmap(setting)),
    step("DEL", "portmap, two ports", portmap(setting)),
    step("DEL", "bridge + host-local + ipMasq", masquerading),
  ];
}

function runSteps(suite: Suite, steps: readonly Step[]): Phase[][] {
  let prevResult: Json = {};
  return steps.map((step) => {
    const call = step.call(prevResult);
    const { phases, result } = profile(suite, call);
    if (call.verb === "ADD") prevResult = result;
    return phases;
  });
}

function profile(suite: Suite, call: Call): { phases: Phase[]; result: Json } {
  const file = "/var/lib/cni/profile.json"; // in a folder that nobody else sees
  const started = performance.timeOrigin + performance.now();
  const { exitCode, stdout } = Bun.spawnSync([programOf(suite, call)], {
    env: { ...environmentOf(suite, call), PATCHBAY_PROFILE: file },
    stdin: new TextEncoder().encode(inputOf(suite, call)),
    stdout: "pipe",
  });
  const ended = performance.timeOrigin + performance.now();
  const text = stdout.toString();
  if (exitCode !== 0) throw new Error(`${call.verb} of ${call.config.type} failed: ${text}`);
  const phases = phasesOf(JSON.parse(readFileSync(file, "utf8")), started, ended);
  return { phases, result: text === "" ? {} : JSON.parse(text) };
}
