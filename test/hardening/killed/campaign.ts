import type { Test } from "tap";
import { life, type Step } from "./chain.ts";
import { type Case, type CleanUp, Node } from "./node.ts";
import { describePoint, lastPoints, nextPoint, type Point } from "./points.ts";

/** What to kill. */
export interface Scope {
  readonly steps: readonly Step[];
  /** Every system call, or only those after which others may see something else. */
  readonly points: "all" | "effective";
  readonly cleanUps: readonly CleanUp[];
  readonly isCold: boolean;
  /** How many labs are at work at once. */
  readonly labs: number;
}

export interface Survived {
  /** How often a call was killed. */
  readonly cases: number;
  readonly complaints: readonly string[];
}

type Teardown = Pick<Test, "teardown">;

/** Kills calls, one in a life, and says what was left in the end. */
export async function killAnywhere(t: Teardown, scope: Scope): Promise<Survived> {
  const queue = await planCases(t, scope);
  const complaints: string[] = [];
  let cases = 0;
  const work = async () => {
    let node = await Node.start(t);
    for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
      const { isReached, complaint } = await node.try(each);
      if (isReached) cases += 1;
      if (isReached && each.isLast) queue.push(...follow(each, scope));
      if (complaint === "") continue;
      complaints.push(`${describeCase(each)}:\n${complaint}`);
      node = await Node.start(t); // what is wrong there would be said of every case to come
    }
  };
  await Promise.all(Array.from({ length: scope.labs }, work));
  return { cases, complaints };
}

interface Planned extends Case {
  /** Whether it was the last of its system calls when they were counted. */
  readonly isLast: boolean;
}

async function planCases(t: Teardown, scope: Scope): Promise<Planned[]> {
  const node = await Node.start(t);
  const cases: Planned[] = [];
  for (const step of scope.steps) {
    const points = await node.trace(step);
    const last = new Set(scope.points === "all" ? lastPoints(points) : []);
    const wanted = points.filter(({ isEffective }) => isEffective || scope.points === "all");
    wanted.forEach((point, index) => {
      const some = point.isEffective ? scope.cleanUps : [pick(scope.cleanUps, index)];
      const { isCold } = scope;
      const isLast = last.has(point);
      cases.push(...some.map((cleanUp) => ({ step, point, cleanUp, isCold, isLast })));
    });
  }
  return cases;
}

/** Effective points meet every way of cleaning up, the others take turns. */
function pick(cleanUps: readonly CleanUp[], index: number): CleanUp {
  return cleanUps[index % cleanUps.length] ?? "DEL";
}

function follow({ isLast, ...each }: Planned, scope: Scope): Planned[] {
  const point: Point = nextPoint(each.point);
  return scope.points === "all" ? [{ ...each, point, isLast }] : [];
}

function describeCase({ step, point, cleanUp, isCold }: Case): string {
  const node = isCold ? "on a new node, " : "";
  return `${node}${step.verb} of ${step.plugin} killed at ${describePoint(point)}, then ${cleanUp}`;
}

/** The steps of a verb. */
export function stepsOf(verb: Step["verb"]): readonly Step[] {
  return life.filter((step) => step.verb === verb);
}
