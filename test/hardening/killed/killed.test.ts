import t from "tap";
import { life } from "../support/chain.ts";
import { killAnywhere } from "./campaign.ts";

t.setTimeout(570_000);

/** DEL and GC of every plugin in the chain have to be able to clean up after any of these. */
const scope = { points: "effective", cleanUps: ["DEL", "GC"], isCold: false, labs: 2 } as const;

for (const verb of ["ADD", "DEL"] as const) {
  t.test(`an ${verb} that is killed wherever it changes something leaves nothing`, async (t) => {
    const { cases, complaints } = await killAnywhere(t, {
      ...scope,
      steps: life.filter((step) => step.verb === verb),
    });
    t.ok(cases > 0);
    t.same(complaints, []);
    t.comment(`${cases} cases`);
  });
}
