import t from "tap";
import { propertiesOf } from "./properties.ts";
import { recordReplies } from "./replies.ts";

t.setTimeout(570_000);

/** Always the same, for a change to be judged by what it changes. long.ts tries others. */
const seed = 1;

t.test("10,000 times something that is almost right", async (t) => {
  const replies = await recordReplies(t);
  t.ok(replies.length > 50, `${replies.length} different replies of the kernel`);
  const properties = propertiesOf(replies);
  t.equal(
    properties.reduce((sum, { share }) => sum + share, 0),
    10_000,
  );
  for (const { name, share, assert } of properties) {
    assert({ numRuns: share, seed });
    t.pass(`${name}: ${share} cases, seed ${seed}`);
  }
});
