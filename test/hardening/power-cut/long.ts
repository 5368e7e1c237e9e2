/** Cuts the power at every moment of ADD, DEL and GC, in every order that a disk may have written. */
import { availableParallelism } from "node:os";
import { type Outcome, runLong } from "../support/long-run.ts";
import { randomFrom } from "../support/random.ts";
import { cutPower } from "./campaign.ts";
import { type Store, scenes } from "./store.ts";
import { listPrefixes, listReorderings } from "./wreck.ts";

await runLong("power cut", async (run) => {
  const random = randomFrom(run.seed);
  const plan = ({ recording }: Store) => [
    ...listPrefixes(recording),
    ...listReorderings(recording, { times: 2, random }),
  ];
  const outcomes: Outcome[] = [];
  for (const scene of scenes) {
    const outcome = await cutPower(run, scene, { plan, labs: 2 * availableParallelism() });
    run.say(`${scene.name}: ${outcome.cases} cases, ${outcome.complaints.length} complaints`);
    outcomes.push(outcome);
  }
  return {
    cases: outcomes.reduce((sum, { cases }) => sum + cases, 0),
    complaints: outcomes.flatMap(({ complaints }) => complaints),
  };
});
