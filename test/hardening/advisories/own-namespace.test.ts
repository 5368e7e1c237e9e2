import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLab } from "../../support/lab.ts";
import { run } from "../../support/namespace.ts";

t.setTimeout(570_000);

const config = {
  cniVersion: "1.1.0",
  name: "net",
  bridge: "cni0",
  ipam: { type: "host-local", ranges: [[{ subnet: "10.88.0.0/24" }]] },
};

/** The names that the node's namespace has: of a file, of a process that lives in it, of itself. */
function pathsOf(hostPath: string, file: string): readonly string[] {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  return [hostPath, "/proc/self/ns/net", "/proc/thread-self/ns/net", file];
}

for (const plugin of ["bridge", "loopback"] as const) {
  t.test(`${plugin}: a path that leads to the node itself does the node no harm`, async (t) => {
    const lab = createLab(t);
    const { uplink } = lab.outside();
    const bound = join(t.testdir({}), "bound");
    const paths = pathsOf(lab.host.path, bound);
    run(["mount", "--bind", lab.host.path, bound]);
    t.teardown(() => run(["umount", bound]));
    const before = lab.snapshot();
    for (const netns of paths) {
      for (const ifName of [uplink, "lo", "eth0"]) {
        for (const verb of ["ADD", "DEL"] as const) {
          const { error } = lab.cni(verb, plugin, { ...config, type: plugin }, { netns, ifName });
          t.match(error, { code: 8, msg: /should not be the same/ }, `${verb} ${netns} ${ifName}`);
        }
      }
    }
    t.equal(lab.snapshot(), before);
  });
}
