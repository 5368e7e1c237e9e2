import t from "tap";
import { life } from "../support/chain.ts";
import { failAnywhere } from "./campaign.ts";

t.setTimeout(570_000);

t.test(
  "whatever fails inside a call, it succeeds in full or says why and leaves nothing",
  async (t) => {
    const scope = { steps: life, stride: 10, seed: 3, labs: 2 };
    const { cases, borne, complaints } = await failAnywhere(t, scope);
    t.same(complaints, []);
    t.ok(borne > 0 && borne < cases);
    t.comment(`${cases} cases, ${borne} borne`);
  },
);
