import type { Test } from "tap";
import { bridgeName, life, plugins, type Step } from "../support/chain.ts";
import { before, must, Node, tamper, withoutRandom } from "../support/node.ts";
import { describePoint, lastPoints, nextPoint, type Point } from "../support/points.ts";

/** What the runtime does after one of its calls was killed. */
export const cleanUps = ["DEL", "GC", "DEL without the namespace"] as const;
export type CleanUp = (typeof cleanUps)[number];

/** What to kill. */
export interface Scope {
  readonly steps: readonly Step[];
  /** Every system call, or only those after which others may see something else. */
  readonly points: "all" | "effective";
  readonly cleanUps: readonly CleanUp[];
  /** Whether the node has never seen a container: no bridge, no directories. */
  readonly isCold: boolean;
  /** How many labs are at work at once. */
  readonly labs: number;
}

export interface Survived {
  /** How often a call was killed. */
  readonly cases: number;
  readonly complaints: readonly string[];
}

/** One life of a container in which one call is killed. */
interface Case extends Pick<Scope, "isCold"> {
  readonly step: Step;
  readonly point: Point;
  readonly cleanUp: CleanUp;
  /** Whether it was the last of its system calls when they were counted. */
  readonly isLast: boolean;
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
      const { isKilled, complaint } = await live(node, each);
      if (isKilled) cases += 1;
      if (isKilled && each.isLast) queue.push(...follow(each, scope));
      if (complaint === "") continue;
      complaints.push(`${describeCase(each)}:\n${complaint}`);
      node = await Node.start(t); // what is wrong there would be said of every case to come
    }
  };
  await Promise.all(Array.from({ length: scope.labs }, work));
  return { cases, complaints };
}

async function planCases(t: Teardown, scope: Scope): Promise<Case[]> {
  const node = await Node.start(t);
  const cases: Case[] = [];
  for (const step of scope.steps) {
    const points = await node.listPoints(step);
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

/** A process may make a system call once more than when they were counted. */
function follow(each: Case, scope: Scope): Case[] {
  return scope.points === "all" ? [{ ...each, point: nextPoint(each.point) }] : [];
}

async function live(node: Node, { step, point, cleanUp, isCold }: Case) {
  const output = await node.run(
    ...(isCold ? [`ip link delete ${bridgeName}; rm -rf /var/lib/cni/*`] : []),
    ...before(step).map(must),
    `{ ${tamper(step, point, "signal=KILL")}; } 2> /dev/null; killed=$?`,
    ...cleanUpLines[cleanUp],
    // Whatever the dead one had begun, the next one brings to an end.
    ...(isCold ? life.map(must) : []),
    node.restore,
    "echo $killed",
  );
  const said = output.slice(0, output.lastIndexOf("\n", output.length - 2) + 1);
  const left = await node.difference(isCold ? withoutRandom : undefined);
  return { isKilled: output.endsWith("137\n"), complaint: said + left };
}

const deletions = life.filter(({ verb }) => verb === "DEL").map(must);

const cleanUpLines: { readonly [cleanUp in CleanUp]: readonly string[] } = {
  DEL: deletions,
  "DEL without the namespace": deletions.map((line) => `CNI_NETNS= ${line}`),
  GC: plugins.map((plugin) => `CNI_NETNS= CNI_CONTAINERID= CNI_IFNAME= must GC ${plugin}`),
};

function describeCase({ step, point, cleanUp, isCold }: Case): string {
  const where = isCold ? "on a new node, " : "";
  return `${where}${step.verb} of ${step.plugin} killed at ${describePoint(point)}, then ${cleanUp}`;
}
