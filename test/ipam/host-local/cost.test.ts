import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { type IpamCall, IpamLab, setsOf } from "../../support/ipam.ts";
import type { Verb } from "../../support/lab.ts";
import { countedInto } from "../../support/strace.ts";

const many = 4000;

/** Leaves `count` reservations, without gaps, as some other program might have. */
function fill(lab: IpamLab, count: number): void {
  mkdirSync(lab.path(""));
  for (let index = 0; index < count; index++) {
    const host = index + 2;
    writeFileSync(lab.path(`10.1.${host >> 8}.${host & 255}`), `filler${index}\r\neth0`);
  }
}

/** @returns how many system calls that read or change files a call makes, and how many in all */
function count(lab: IpamLab, verb: Verb, call: IpamCall): number {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-count-"));
  try {
    const file = join(folder, "calls");
    lab.succeed(verb, { ...call, prefix: countedInto(file) });
    const files =
      /^(openat|read|pread64|write|pwrite64|link|unlink|statx?|fstat|getdents64)\s+(\d+)/;
    return readFileSync(file, "utf8")
      .split("\n")
      .reduce((sum, line) => sum + Number(files.exec(line.trim())?.[2] ?? 0), 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whatever the runtime does that is no call of ours: reading its own file, maps, and the like. */
const tolerance = 12;

/** @returns how many each call makes in a directory of that size */
function countAll(t: Test, size: number): Record<string, number> {
  const lab = IpamLab.create(t, setsOf("10.1.0.0/16"));
  fill(lab, size);
  lab.add("first"); // reads what is there, once
  // The search comes by all the reservations, as after the last address of the range.
  writeFileSync(lab.path("last_reserved_ip.0"), "10.1.0.1");
  const call = { containerId: "a" };
  return {
    ADD: count(lab, "ADD", call),
    CHECK: count(lab, "CHECK", call),
    DEL: count(lab, "DEL", call),
    "DEL again": count(lab, "DEL", call),
  };
}

t.test(`a call makes as many system calls among ${many} reservations as among none`, async (t) => {
  const [none, full] = [countAll(t, 0), countAll(t, many)];
  for (const [verb, calls] of Object.entries(none)) {
    const among = full[verb] ?? 0;
    t.ok(Math.abs(among - calls) <= tolerance, `${verb}: ${calls} among none, ${among} among many`);
  }
});

t.test("a full range is found to be full without an attempt at each address", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.0.0/20"));
  fill(lab, 4093);
  t.match(lab.fail("ADD", { containerId: "late" }), /^11 .*no IP addresses available/);
  t.equal(Object.keys(lab.reservations()).length, 4093);
});
