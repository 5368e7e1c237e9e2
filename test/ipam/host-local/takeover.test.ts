import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import { bothSuites, IpamLab, setsOf } from "../../support/ipam.ts";
import { patchbay, reference } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";

const dualStack = {
  ranges: [[{ subnet: "10.1.2.0/29" }], [{ subnet: "2001:db8::/124" }]],
};

for (const [first, second, before, after] of bothSuites) {
  t.test(`${second} takes over a directory from ${first}`, async (t) => {
    const lab = IpamLab.create(t, dualStack);
    t.same(lab.add("a", { suite: before }), ["10.1.2.2", "2001:db8::2"]);
    t.same(lab.add("b", { suite: before }), ["10.1.2.3", "2001:db8::3"]);
    t.match(lab.fail("ADD", { containerId: "a", suite: after }), /has been allocated to a, dup/);
    t.same(lab.add("c", { suite: after }), ["10.1.2.4", "2001:db8::4"]);
    lab.succeed("CHECK", { containerId: "a", suite: after });
    lab.del("a", { suite: after });
    t.same(lab.add("d", { suite: before }), ["10.1.2.5", "2001:db8::5"]);
    lab.succeed("CHECK", { containerId: "d", suite: after });
    lab.del("c", { suite: before });
    t.match(lab.fail("CHECK", { containerId: "c", suite: after }), /Failed to find address/);
    t.same(lab.reservations(), {
      "10.1.2.3": "b\r\neth0",
      "10.1.2.5": "d\r\neth0",
      "2001:db8::3": "b\r\neth0",
      "2001:db8::5": "d\r\neth0",
    });
  });
}

t.test("every IPv6 address is a file under the same name for both suites", async (t) => {
  const subnets = [
    "2001:db8::/122",
    "2001:db8:0:1:0:1::/122",
    "2001:db8:1:0:1::/122",
    "fd00::/122",
  ];
  for (const subnet of subnets) {
    const [ours, theirs] = [IpamLab.create(t, setsOf(subnet)), IpamLab.create(t, setsOf(subnet))];
    for (let count = 0; count < 3; count++) {
      ours.add(`c${count}`);
      theirs.add(`c${count}`, { suite: reference });
    }
    t.same(ours.files(), theirs.files());
  }
});

/** What either suite says of a call: the address, or that there is none, without further words. */
function answerOf(lab: IpamLab, step: Step, suite: string): string {
  const args = step.host === undefined ? "" : `IP=10.1.2.${step.host}`;
  const outcome = lab.call(step.verb, { containerId: `c${step.container}`, args, suite });
  if (outcome.exitCode === 0) {
    return JSON.stringify(
      outcome.result?.["ips"]?.map((ip: Json) => [ip["address"], ip["gateway"]]),
    );
  }
  const text = outcome.error?.msg ?? "";
  const known = [
    "duplicate allocation is not allowed",
    "is not available in range set",
    "is subnet's gateway",
    "failed to allocate all requested IPs",
    "no IP addresses available in range set",
    "Failed to find address added by container",
  ];
  return known.find((words) => text.includes(words)) ?? text;
}

interface Step {
  readonly verb: "ADD" | "DEL" | "CHECK";
  readonly container: number;
  /** The address that is asked for; in the set, for after an ADD that fails halfway suites differ. */
  readonly host: number | undefined;
  /** Which of two suites does it, where they take turns. */
  readonly isOurs: boolean;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom("ADD", "ADD", "DEL", "CHECK"),
  container: fc.integer({ min: 0, max: 5 }),
  host: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
  ),
  isOurs: fc.boolean(),
});

/** A set of two small ranges, one with its gateway in the middle. */
const smallSet = {
  ranges: [[{ subnet: "10.1.2.0/29", gateway: "10.1.2.3" }, { subnet: "10.1.3.0/30" }]],
};

t.test("alone or taking turns, both suites give the same answers to the same calls", async (t) => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 10, maxLength: 20 }), (steps) => {
      const [ours, theirs, mixed] = [0, 1, 2].map(() => IpamLab.create(t, smallSet)) as [
        IpamLab,
        IpamLab,
        IpamLab,
      ];
      for (const lab of [ours, theirs, mixed]) lab.add("first");
      for (const step of steps) {
        const expected = [answerOf(theirs, step, reference), theirs.files()];
        const alone = [answerOf(ours, step, patchbay), ours.files()];
        const inTurns = [answerOf(mixed, step, step.isOurs ? patchbay : reference), mixed.files()];
        if (!isDeepStrictEqual(alone, expected)) return false;
        if (!isDeepStrictEqual(inTurns, expected)) return false;
      }
      return true;
    }),
    { numRuns: 4, interruptAfterTimeLimit: 60_000 },
  );
});

t.test(
  "a file that a killed writer of the reference left empty keeps nobody out for ever",
  async (t) => {
    const lab = IpamLab.create(t, setsOf("10.1.2.0/30"));
    lab.add("a");
    lab.del("a");
    writeFileSync(lab.path("10.1.2.2"), "");
    t.match(lab.fail("ADD", { suite: reference }), /no IP addresses available/);
    t.same(lab.add("b"), ["10.1.2.2"]);
    t.equal(readFileSync(lab.path("10.1.2.2"), "utf8"), "b\r\neth0");
  },
);
