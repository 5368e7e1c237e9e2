import type { Test } from "tap";
import { life, type Step } from "../support/chain.ts";
import { differenceOf } from "../support/difference.ts";
import { before, must, Node, nameOf, tamper, withoutRandom } from "../support/node.ts";
import { describePoint, type Point } from "../support/points.ts";
import { errorsOf, tellsReason } from "./faults.ts";

/** One life of a container in which one system call of one call fails. */
interface Case {
  readonly step: Step;
  readonly point: Point;
  readonly error: string;
}

export interface Scope {
  readonly steps: readonly Step[];
  /** Of the cases only every so many-th, beginning with the one that `seed` says. */
  readonly stride: number;
  readonly seed: number;
  readonly labs: number;
}

export interface Survived {
  readonly cases: number;
  /** How many of them the plugin could do without. */
  readonly borne: number;
  readonly complaints: readonly string[];
}

type Teardown = Pick<Test, "teardown">;

/** Lets system calls fail, one in a life, and says what the plugins made of it. */
export async function failAnywhere(t: Teardown, scope: Scope): Promise<Survived> {
  const queue = await planCases(t, scope);
  const { length: cases } = queue;
  const complaints: string[] = [];
  let borne = 0;
  const work = async () => {
    let node = await Node.start(t);
    let states = await lookAtLife(node);
    for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
      const { isBorne, complaint } = await live(node, each, states);
      if (isBorne) borne += 1;
      if (complaint === "") continue;
      complaints.push(`${describeCase(each)}:\n${complaint}`);
      node = await Node.start(t);
      states = await lookAtLife(node);
    }
  };
  await Promise.all(Array.from({ length: scope.labs }, work));
  return { cases, borne, complaints };
}

async function planCases(t: Teardown, { steps, stride, seed }: Scope): Promise<Case[]> {
  const node = await Node.start(t);
  const cases: Case[] = [];
  for (const step of steps) {
    for (const point of afterStart(await node.listPoints(step))) {
      cases.push(...errorsOf(point).map((error) => ({ step, point, error })));
    }
  }
  return cases.filter((_, index) => index % stride === seed % stride);
}

/** What Bun does before a plugin's first line is Bun's. */
function afterStart(points: readonly Point[]): readonly Point[] {
  return points.slice(points.findIndex(({ text }) => text.startsWith("read(0,")));
}

/** @returns the state before each step of a life, as texts to be compared */
async function lookAtLife(node: Node): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>();
  for (const step of life) {
    states.set(nameOf(step), withoutGuard(withoutRandom(await node.look())));
    await node.run(must(step));
  }
  await node.run(node.restore);
  return states;
}

async function live(node: Node, { step, point, error }: Case, states: ReadonlyMap<string, string>) {
  const complaints = [await node.run(...before(step).map(must))];
  const status = (await node.run(`${tamper(step, point, `error=${error}`)}; echo $?`)).trim();
  const { stdout, stderr } = node.answer;
  if (status === "0" && step.verb === "ADD")
    complaints.push(await node.run(`check ${step.plugin}`));
  if (status !== "0") {
    complaints.push(judgeFailure(error, status, stdout, stderr));
    // Lost in the container's namespace, it could only do harm.
    if (step.verb === "ADD" && point.call !== "setns") {
      const expected = states.get(nameOf(step)) ?? "";
      complaints.push(differenceOf(expected, withoutGuard(withoutRandom(await node.look()))));
    }
  }
  const rest = life.filter(({ verb }) => verb === "DEL").map(must);
  complaints.push(await node.run(...rest, node.restore), await node.difference());
  const complaint = complaints.filter((text) => text !== "").join("\n");
  return { isBorne: status === "0", complaint };
}

/**
 * Takes out the guard of a link with route_localnet, and the setting: one is useless without the
 * other, all containers share them, and they stay until the last of these goes.
 */
function withoutGuard(state: string): string {
  return state
    .replaceAll(/^\s*elements = \{ "\S+" comment "off before" \}\n/gm, "")
    .replaceAll(/(\/route_localnet):1$/gm, "$1:0");
}

function judgeFailure(error: string, status: string, stdout: string, stderr: string): string {
  const answer = `exited with ${status}: ${stdout} ${stderr}`;
  try {
    const { code, msg, details = "" } = JSON.parse(stdout);
    const isFine = status === "1" && typeof code === "number" && tellsReason(error, msg + details);
    return isFine ? "" : answer;
  } catch {
    return answer;
  }
}

function describeCase({ step, point, error }: Case): string {
  return `${step.verb} of ${step.plugin}, ${error} at ${describePoint(point)}: ${point.text}`;
}
