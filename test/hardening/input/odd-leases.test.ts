import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { createLab, type Lab } from "../../support/lab.ts";
import { damaged, stretched } from "./damage.ts";
import { judge } from "./judgement.ts";

t.setTimeout(570_000);

const seed = 1;
const ipam = { type: "host-local", ranges: [[{ subnet: "10.1.2.0/24" }]] };
const config = { cniVersion: "1.1.0", name: "net", type: "bridge", ipam };

/** Files as nobody writes them, under names from 10.1.2.2 on. */
function writeOddLeases(lab: Lab): void {
  const folder = join(lab.dataDir, "net");
  mkdirSync(folder, { recursive: true });
  const right = fc.constant(Buffer.from("container\r\neth0"));
  const contents = [
    ...fc.sample(damaged(right), { numRuns: 150, seed }),
    ...fc.sample(stretched(right), { numRuns: 50, seed }),
  ];
  for (const [index, content] of contents.entries()) {
    writeFileSync(join(folder, `10.1.2.${index + 2}`), content);
  }
  mkdirSync(join(folder, "10.1.2.210"));
  execFileSync("mkfifo", [join(folder, "10.1.2.211"), join(folder, "10.1.2.212")]);
  for (const [name, content] of damagedNames) writeFileSync(join(folder, name), content);
}

const damagedNames: readonly (readonly [name: string, content: string])[] = [
  ["last_reserved_ip.0", "10.1.2.999"],
  ["last_reserved_ip.x", "..."],
  ["10.1.2.300", "container\r\neth0"],
  ["10.1.2.", "container\r\neth0"],
  ["not an address", "container\r\neth0"],
];

t.test("whatever the files in its directory hold, host-local gives out what is free", async (t) => {
  const lab = createLab(t);
  writeOddLeases(lab);
  const folder = join(lab.dataDir, "net");
  const before = readdirSync(folder);
  const call = { netns: "/none", containerId: "new", cpuSeconds: 4 };
  const { ips } = lab.succeed("ADD", "host-local", config, call);
  const [address = ""] = String(ips[0].address).split("/");
  t.notOk(before.includes(address), `${address} was free, seed ${seed}`);
  for (const verb of ["CHECK", "STATUS", "DEL", "GC"] as const) {
    const document = { ...config, prevResult: { cniVersion: "1.1.0", ips } };
    const { exitCode, stdout, stderr } = lab.cni(verb, "host-local", document, call);
    t.equal(judge({ status: exitCode, stdout, stderr }), "", verb);
  }
  t.notOk(readdirSync(folder).includes(address), "and it is free again");
  const all = { ...config, "cni.dev/valid-attachments": [] };
  const { exitCode, stdout, stderr } = lab.cni("GC", "host-local", all, call);
  t.equal(judge({ status: exitCode, stdout, stderr }), "");
  lab.succeed("ADD", "host-local", config, call);
});
