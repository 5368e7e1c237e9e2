import t from "tap";
import { livesOn } from "./lives.ts";

t.setTimeout(570_000);

const seed = 1;

t.test("whatever is wrong with a configuration, nothing is left of it", async (t) => {
  for (const { name, share, assert } of livesOn(t)) {
    assert({ numRuns: share, seed });
    t.pass(`${name}: ${share} cases, seed ${seed}`);
  }
});
