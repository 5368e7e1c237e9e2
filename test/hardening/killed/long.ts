/** Kills every call of a container's life at every one of its system calls. */
import { availableParallelism } from "node:os";
import { life } from "../support/chain.ts";
import { type LongRun, type Outcome, runLong } from "../support/long-run.ts";
import { cleanUps, killAnywhere, type Scope } from "./campaign.ts";

/** Deleting a link makes the kernel wait, and others can work meanwhile. */
const labs = 2 * availableParallelism();

const scopes: readonly (Scope & { readonly name: string })[] = [
  {
    name: "a node in use",
    steps: life,
    points: "all",
    cleanUps,
    isCold: false,
    labs,
  },
  {
    name: "a new node",
    steps: life.filter(({ verb, plugin }) => verb === "ADD" && plugin === "bridge"),
    points: "all",
    cleanUps: ["DEL", "GC"],
    isCold: true,
    labs,
  },
];

async function work(run: LongRun): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const { name, ...scope } of scopes) {
    const outcome = await killAnywhere(run, scope);
    run.say(`${name}: ${outcome.cases} cases, ${outcome.complaints.length} complaints`);
    outcomes.push(outcome);
  }
  return {
    cases: outcomes.reduce((sum, { cases }) => sum + cases, 0),
    complaints: outcomes.flatMap(({ complaints }) => complaints),
  };
}

await runLong("killed anywhere", work);
