import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { createLab } from "../../support/lab.ts";
import { judge } from "./judgement.ts";
import { good } from "./monsters.ts";

t.setTimeout(570_000);

/** What somebody may have planted where host-local keeps its files: where, below `dataDir`. */
const planted = [
  "net",
  "net/lock",
  "net/10.1.2.2",
  "net/last_reserved_ip.0",
  ".patchbay",
  ".patchbay/net",
  ".patchbay/net/owners",
  ".patchbay/net/draft",
  ".patchbay/net/taken-10.1.0.0",
];

const targets = ["victim", "victim/net", "victim/net/secret", "victim/nothing"];

for (const path of planted) {
  t.test(`a symbolic link planted as ${path} is not followed`, async (t) => {
    for (const target of targets) {
      const lab = createLab(t);
      const folder = dirname(lab.stateDir);
      const victim = join(folder, "victim");
      mkdirSync(join(victim, "net"), { recursive: true });
      writeFileSync(join(victim, "net", "secret"), "secret");
      writeFileSync(join(victim, "10.1.2.9"), "a\r\neth0");
      const link = join(lab.dataDir, path);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(folder, target), link);
      const before = describe(victim);
      for (const verb of ["ADD", "CHECK", "STATUS", "GC", "DEL"] as const) {
        const { exitCode, stdout, stderr } = lab.cni(verb, "host-local", good, { netns: "/none" });
        t.equal(judge({ status: exitCode, stdout, stderr }), "", `${verb}, ${path} -> ${target}`);
      }
      t.equal(describe(victim), before, `${path} -> ${target}`);
    }
  });
}

function describe(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const stat = statSync(join(folder, name));
      const content = stat.isFile() ? readFileSync(join(folder, name), "utf8") : "";
      return `${name} ${stat.mode.toString(8)} ${stat.mtimeMs} ${content}`;
    })
    .join("\n");
}
