import t from "tap";
import { parseTap } from "../../build/tap-report.ts";

const tap = (...lines: string[]) => `${["TAP version 14", ...lines].join("\n")}\n`;

t.test("tests are counted, not the assertions in them", async (t) => {
  const text = tap("# Subtest: x", "    ok 1 - a", "    ok 2 - b", "    1..2", "ok 1 - x", "1..1");
  t.match(parseTap(text), { passed: 1, failed: 0, failures: [] });
});

t.test("a failed assertion is told with its place and the difference", async (t) => {
  const diagnostics = ["---", "diff: |", "  -1", "  +2", "at:", "  fileName: x.ts"];
  const text = tap(
    "# Subtest: x",
    "    not ok 1 - a",
    ...[...diagnostics, "  lineNumber: 7", "  columnNumber: 3", "..."].map((l) => `      ${l}`),
    "    1..1",
    "not ok 1 - x",
    "1..1",
  );
  const failure = "x > a\n  at x.ts:7:3\n  diff:\n    -1\n    +2";
  t.match(parseTap(text), { passed: 0, failed: 1, failures: [failure] });
});

t.test("a skipped test is neither passed nor failed, and tells why", async (t) => {
  const text = tap("ok 1 - a", "ok 2 - b # SKIP no kernel", "1..2");
  t.match(parseTap(text), { passed: 1, failed: 0, skips: ["b: no kernel"] });
});

t.test("output that ends too early is a failure", async (t) => {
  const early = [
    tap("ok 1 - a"),
    tap("1..3", "ok 1 - a"),
    tap("# Subtest: x", "    ok 1 - a"),
    tap("ok 1 - a", "Bail out! why"),
  ];
  for (const text of early) t.equal(parseTap(text).failures.length, 1, text);
  t.same(parseTap(tap("ok 1 - a", "1..1")).failures, []);
});
