/** Lets every system call of a container's life fail, with all errors that it may fail with. */
import { availableParallelism } from "node:os";
import { life } from "../support/chain.ts";
import { runLong } from "../support/long-run.ts";
import { failAnywhere } from "./campaign.ts";

await runLong("faults", async (run) => {
  const scope = { steps: life, stride: 1, seed: 0, labs: 2 * availableParallelism() };
  const survived = await failAnywhere(run, scope);
  run.say(`${survived.borne} of ${survived.cases} were borne`);
  return survived;
});
