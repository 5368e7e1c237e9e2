/** 100,000 times something that is almost right. */
import { runLong } from "../support/long-run.ts";
import { livesOn } from "./lives.ts";
import { propertiesOf } from "./properties.ts";
import { recordReplies } from "./replies.ts";

const TIMES = 10;

await runLong("bad input", async (run) => {
  const complaints: string[] = [];
  let cases = 0;
  const properties = [...livesOn(run), ...propertiesOf(await recordReplies(run))];
  for (const { name, share, assert } of properties) {
    try {
      assert({ numRuns: share * TIMES, seed: run.seed });
      cases += share * TIMES;
      run.say(`${name}: ${share * TIMES} cases`);
    } catch (error) {
      complaints.push(`${name}: ${error}`);
    }
  }
  return { cases, complaints };
});
