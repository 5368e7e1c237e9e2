import t from "tap";
import { formatPhases, phasesOf, summarisePhases } from "./phases.ts";

const profile = {
  origin: 1000,
  laps: [
    ["module lib/a.ts", 2],
    ["module lib/b.ts", 3],
    ["step add", 3.5],
    ["kernel", 4],
    ["/kernel send", 6],
    ["step describe", 6.5],
    ["end", 7],
  ],
} as const;

t.test("a call's time is divided among its phases, the kernel's part apart", async (t) => {
  const phases = phasesOf(profile, 998, 1009);
  t.same(phases, [
    { label: "process start", total: 2, kernel: 0 },
    { label: "engine", total: 2, kernel: 0 },
    { label: "load 1 modules up to lib/b.ts", total: 1, kernel: 0 },
    { label: "", total: 0.5, kernel: 0 },
    { label: "add", total: 3, kernel: 2 },
    { label: "describe", total: 0.5, kernel: 0 },
    { label: "end of the process", total: 2, kernel: 0 },
  ]);
  t.equal(
    phases.reduce((sum, { total }) => sum + total, 0),
    11,
    "nothing is lost",
  );
});

t.test("of several calls each phase has the median", async (t) => {
  const calls = [1, 9, 2].map((total) => [{ label: "add", total, kernel: total / 2 }]);
  t.same(summarisePhases(calls), [{ label: "add", total: 2, kernel: 1 }]);
  t.equal(formatPhases(summarisePhases(calls)), "    2.00   1.00  add\n    2.00   1.00  in all");
});
