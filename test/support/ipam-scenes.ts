import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { type IpamCall, IpamLab, setsOf } from "./ipam.ts";
import { findPoints, type Point } from "./strace.ts";

/** What host-local is killed or fails in the middle of, and what must be so afterwards. */

const twoSets = setsOf("10.1.2.0/29", "2001:db8::/125");

export interface Scene {
  readonly name: string;
  readonly verb: "ADD" | "DEL";
  /** What was there before the call, of other containers and of the one that the call is about. */
  prepare(lab: IpamLab): void;
}

export const scenes: readonly Scene[] = [
  { name: "the first ADD of all", verb: "ADD", prepare: () => {} },
  { name: "a later ADD", verb: "ADD", prepare: (lab) => lab.add("other") },
  {
    name: "DEL",
    verb: "DEL",
    prepare: (lab) => {
      lab.add("other");
      lab.add("victim");
    },
  },
];

export const victim: IpamCall = { containerId: "victim" };

export function play(t: Test, scene: Scene): IpamLab {
  const lab = IpamLab.create(t, twoSets);
  scene.prepare(lab);
  return lab;
}

export function findScenePoints(t: Test, scene: Scene): Point[] {
  const lab = play(t, scene);
  return findPoints(lab.dataDir, (prefix) => lab.succeed(scene.verb, { ...victim, prefix }));
}

/** What the directory holds, also when there is none. */
export function reservationsIn(lab: IpamLab): Record<string, string> {
  return existsSync(lab.path("")) ? lab.reservations() : {};
}

export const ofOther = (scene: Scene) =>
  scene.name === "the first ADD of all"
    ? {}
    : { "10.1.2.2": "other\r\neth0", "2001:db8::2": "other\r\neth0" };

/** Whatever is there is whole, and what others hold is untouched. */
export function expectWhole(t: Test, lab: IpamLab, scene: Scene, point: Point): void {
  const reservations = reservationsIn(lab);
  t.match(reservations, ofOther(scene), point.text);
  const contents = new Set(Object.values(reservations));
  for (const owner of ["victim\r\neth0", "other\r\neth0"]) contents.delete(owner);
  t.same([...contents], [], `whole or not at all: ${point.text}`);
}

/** The store goes on as if nothing had been. */
export function expectRecovered(t: Test, lab: IpamLab, scene: Scene, point: Point): void {
  t.same(reservationsIn(lab), ofOther(scene), point.text);
  t.equal(lab.add("next").length, 2, point.text);
  lab.succeed("CHECK", { containerId: "next" });
  t.notOk(existsSync(join(lab.dataDir, ".patchbay/net/draft")), `no draft: ${point.text}`);
  t.same(
    readdirSync(lab.path("")).filter((name) => !/^[\d:a-f.]+$|^last_reserved_ip\.\d$/.test(name)),
    ["lock"],
  );
}
