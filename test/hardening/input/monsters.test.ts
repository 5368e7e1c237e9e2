import t, { type Test } from "tap";
import { pluginNames } from "../../../plugins/names.ts";
import { createLab } from "../../support/lab.ts";
import { judge } from "./judgement.ts";
import { giants, good, type Monsters, monsters } from "./monsters.ts";

t.setTimeout(570_000);

/** Twice what is promised: also a slow machine is to tell a hang from hard work. */
const cpuSeconds = 4;

function feed(t: Test, plugin: string, documents: Monsters): void {
  const lab = createLab(t);
  const container = lab.container("a");
  const before = lab.snapshot();
  for (const [what, stdin] of documents) {
    for (const verb of ["ADD", "DEL"] as const) {
      const call = { container, stdin, cpuSeconds };
      const { exitCode, stdout, stderr } = lab.cni(verb, plugin, {}, call);
      t.equal(judge({ status: exitCode, stdout, stderr }), "", `${verb} of ${what}`);
    }
  }
  lab.cni("DEL", plugin, { ...good, type: plugin }, { container });
  lab.host.tryExec(["ip", "link", "delete", "br-test"]);
  container.exec("ip", "link", "set", "lo", "up");
  t.equal(lab.snapshot(), before);
}

for (const plugin of pluginNames) {
  t.test(`${plugin} has an answer to documents as deep, long and odd as they get`, async (t) => {
    feed(t, plugin, monsters);
  });
}

t.test("16 MiB of anything are read, or refused, without a delay", async (t) => {
  feed(t, "loopback", giants);
});
