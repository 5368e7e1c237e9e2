import t from "tap";
import { formatReport } from "./report.ts";
import { type CrowdedResult, joinSuites, type Results } from "./results.ts";
import { summarise } from "./statistics.ts";

function besideOthers(suite: string, call: string, times: readonly number[]): CrowdedResult[] {
  return times.map((time, index) => {
    const cost = { [suite]: summarise([time]) };
    return { call, others: [0, 1_000, 10_000][index] ?? 0, wall: cost, cpu: cost };
  });
}

function resultsOf(crowded: Results["crowded"]): Results {
  const machine = { processors: "2 × Z80", memory: "1 GiB", kernel: "Linux", bun: "1", load: [] };
  const suites = ["patchbay", "reference"].map((name) => ({ name, version: "1" }));
  const none = { calls: [], cold: [], atOnce: [], memory: [], traffic: [] };
  return { date: "today", machine, suites, crowded, podsAtOnce: 0, ...none };
}

t.test("a call is shown beside no, some and many others, of both suites in one row", async (t) => {
  const ours = [
    ...besideOthers("patchbay", "chain ADD", [10, 10.5, 11]),
    ...besideOthers("patchbay", "chain GC", [20, 30, 40]),
  ];
  const theirs = besideOthers("reference", "chain ADD", [100, 500, 5000]);
  const page = formatReport(resultsOf(joinSuites(ours, theirs)));
  t.match(page, "| call | patchbay, 0 | 1,000 | 10,000 | growth | reference, 0 | 1,000 |");
  t.match(page, "| chain ADD | 10.0 | 10.5 | 11.0 | 1.10 | 100 | 500 | 5000 | 50.00 |");
  t.match(page, "| chain GC | 20.0 | 30.0 | 40.0 | 2.00 |  |  |  |  |", "only ours knows GC");
});
