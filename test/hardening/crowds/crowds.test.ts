import t from "tap";
import { summarise } from "./calls.ts";
import { letCrowdAt } from "./crowd.ts";
import { planCrowd } from "./members.ts";

t.setTimeout(570_000);

t.test(
  "of 64 that come and go, are killed, collected and refused, all get what is theirs",
  async (t) => {
    const members = planCrowd({ mortal: 40, killed: 12, ghost: 4, barren: 4, twin: 4 });
    const { calls, complaints } = await letCrowdAt(t, members, { seconds: 10, seed: 1 });
    t.same(complaints, []);
    const verbs = new Set(calls.map(({ verb, plugin }) => `${verb} ${plugin}`));
    t.equal(verbs.size, 8, "all that a runtime calls was called");
    t.comment(summarise(calls));
  },
);
