import { readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLab } from "../../support/lab.ts";
import { judge } from "./judgement.ts";
import { good } from "./monsters.ts";

t.setTimeout(570_000);

/** What a configuration may say instead of where leases are to be kept. */
function foldersIn(folder: string): readonly string[] {
  const short = [".", "..", "a/../../b", "~", "$HOME", "a\0b", "x".repeat(5000)];
  const special = ["/dev/null", "/dev/null/below", "/proc/self/fd", "/proc/self/none"];
  return [...short, ...special, `${folder}/file`, `${folder}/file/below`, `${folder}//new///`];
}

t.test("wherever leases are to be kept, host-local answers, and gives back what it took", (t) => {
  const lab = createLab(t);
  const folder = t.testdir({ cwd: {}, file: "text" });
  const cwd = join(folder, "cwd");
  for (const dataDir of foldersIn(folder)) {
    const config = { ...good, ipam: { ...good["ipam"], dataDir } };
    const call = { netns: "/none", cwd, cpuSeconds: 4 };
    for (const verb of ["ADD", "CHECK", "STATUS", "GC", "DEL"] as const) {
      const { exitCode, stdout, stderr } = lab.cni(verb, "host-local", config, call);
      t.equal(judge({ status: exitCode, stdout, stderr }), "", `${verb} in ${dataDir}`);
    }
  }
  const left = readdirSync(folder, { recursive: true, encoding: "utf8" });
  t.notOk(left.some((name) => /\/\d+\.\d+\.\d+\.\d+$/.test(name)));
  t.end();
});
