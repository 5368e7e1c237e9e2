import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLab, patchbay, type Verb } from "../../support/lab.ts";
import { judge } from "./judgement.ts";
import { good } from "./monsters.ts";

t.setTimeout(570_000);

const verbs: readonly Verb[] = ["ADD", "CHECK", "DEL", "GC", "STATUS"];

/** Where programs lie that nobody has named: "$FOLDER/bin" alone is on CNI_PATH. */
const programs = ["evil", "bin/evil-inside", "bin/inside/evil"];

function typesFor(folder: string): readonly string[] {
  const up = ["../evil", "bin/../evil", "inside/../../evil", "../../sh", "..", "."];
  const down = ["inside/evil", "./evil-inside", "evil-inside/", `${folder}/evil`, "/bin/sh"];
  return [...up, ...down, "", "evil-inside\0", "~/evil", "evil*"];
}

t.test("no name of a plugin leads to a program outside of CNI_PATH", async (t) => {
  const lab = createLab(t);
  const container = lab.container("a");
  const folder = t.testdir({ bin: { inside: {} }, ran: {} });
  for (const path of programs) {
    const program = `#!/bin/sh\ntouch ${folder}/ran/yes\necho '{"cniVersion":"1.1.0"}'\n`;
    writeFileSync(join(folder, path), program);
    chmodSync(join(folder, path), 0o755);
  }
  const call = { container, cniPath: `${patchbay}:${folder}/bin` };
  for (const type of typesFor(folder)) {
    for (const verb of verbs) {
      const what = `${verb} ${JSON.stringify(type)}`;
      const config = { ...good, type: "bridge", ipam: { type } };
      const { exitCode, stdout, stderr } = lab.cni(verb, "bridge", config, call);
      t.equal(judge({ status: exitCode, stdout, stderr }), "", what);
      if (type !== "") t.equal(exitCode, 1, what);
      t.same(readdirSync(join(folder, "ran")), [], what);
    }
  }
  lab.succeed("STATUS", "bridge", { ...good, type: "bridge", ipam: { type: "evil-inside" } }, call);
  t.same(readdirSync(join(folder, "ran")), ["yes"], "a program that is named is executed");
});
