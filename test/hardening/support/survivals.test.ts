import t from "tap";
import { withSurvival } from "./survivals.ts";

const day = new Date("2026-01-02T03:04:05Z");
const empty = `# Title

| kind | runs | cases | minutes | last seed | last run |
|---|---:|---:|---:|---|---|

What follows.
`;

t.test("a run is added to the table, and to what the same kind came through before", async (t) => {
  const once = withSurvival(empty, { kind: "b", cases: 5, seconds: 90, seed: "7" }, day);
  t.match(once, "|---|\n| b | 1 | 5 | 1.5 | 7 | 2026-01-02 |\n\nWhat follows.\n");
  const twice = withSurvival(once, { kind: "b", cases: 6, seconds: 30, seed: "8" }, day);
  t.match(twice, "\n| b | 2 | 11 | 2.0 | 8 | 2026-01-02 |\n\nWhat");
  const other = withSurvival(twice, { kind: "a", cases: 1, seconds: 0, seed: "-" }, day);
  t.match(other, "\n| a | 1 | 1 | 0.0 | - | 2026-01-02 |\n| b | 2 |");
  t.ok(other.startsWith("# Title\n\n| kind"));
});
