import { createHash } from "node:crypto";
import { linkSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import t, { type Test } from "tap";
import { describeMaterials } from "../../build/release/bill-of-materials.ts";
import { bunVersion, platforms } from "../../build/release/platforms.ts";
import { packFolder } from "../../build/release/tarball.ts";
import { runOk } from "../support/namespace.ts";
import { required } from "../support/required.ts";

const seconds = 1_700_000_000;

/** A folder as a release has it, made on another day with another umask. */
function createFolder(t: Test, day: number, mode: number): string {
  const folder = `${t.testdir({ [day]: {} })}/${day}`;
  for (const [name, text] of [
    ["patchbay", "an executable"],
    ["LICENSE", "some words"],
  ] as const) {
    writeFileSync(`${folder}/${name}`, text);
    utimesSync(`${folder}/${name}`, day, day);
  }
  runOk(["chmod", mode.toString(8), `${folder}/patchbay`]);
  linkSync(`${folder}/patchbay`, `${folder}/bridge`);
  return folder;
}

t.test("the same files make the same tarball, whenever and by whomever it is packed", async (t) => {
  const sums = [
    [86_400, 0o755],
    [864_000, 0o700],
  ].map(([day, mode]) => {
    const folder = createFolder(t, required(day), required(mode));
    packFolder(folder, `${folder}.tgz`, seconds);
    return createHash("sha256")
      .update(readFileSync(`${folder}.tgz`))
      .digest("hex");
  });
  t.equal(sums[0], sums[1]);
});

t.test("what is unpacked is one file under all its names", async (t) => {
  const folder = createFolder(t, 1, 0o755);
  packFolder(folder, `${folder}.tgz`, seconds);
  const target = `${folder}/opt`;
  runOk(["mkdir", target]);
  runOk(["tar", "-C", target, "-xzf", `${folder}.tgz`]);
  const [bridge, patchbay] = [statSync(`${target}/bridge`), statSync(`${target}/patchbay`)];
  t.equal(bridge.ino, patchbay.ino);
  t.equal(bridge.mode & 0o777, 0o755);
  t.equal(bridge.mtimeMs, seconds * 1000);
});

t.test("the bill of materials lists what is bundled, and the Bun that runs it", async (t) => {
  for (const platform of platforms.slice(0, 2)) {
    const text = describeMaterials(platform, seconds);
    t.equal(text, describeMaterials(platform, seconds), "it says the same each time");
    const { bomFormat, components, dependencies, metadata } = JSON.parse(text);
    t.equal(bomFormat, "CycloneDX");
    t.equal(metadata.component.name, "patchbay");
    const names = components.map(({ name }: { name: string }) => name);
    for (const name of ["netlink", "zod", platform.package]) t.ok(names.includes(name), name);
    t.notOk(names.includes("tap"), "what only tests need is not in a release");
    const references = components.map((each: { "bom-ref": string }) => each["bom-ref"]);
    t.ok(references.includes(`${platform.package}@${bunVersion}`));
    for (const { ref, dependsOn } of dependencies) {
      for (const each of [...dependsOn, ref]) {
        t.ok(references.includes(each) || each === metadata.component["bom-ref"], each);
      }
    }
  }
});
