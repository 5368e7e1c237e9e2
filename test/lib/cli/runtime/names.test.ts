import t from "tap";
import { formatArgumentPairs, parseArgumentPairs } from "../../../../lib/cli/runtime/cni-args.ts";
import { containerIdOf } from "../../../../lib/cli/runtime/container-id.ts";
import { netnsPathOf } from "../../../../lib/cli/runtime/netns-path.ts";

t.test("the container ID is that of cnitool", async (t) => {
  t.equal(containerIdOf("/var/run/netns/testing"), "cnitool-77383ca0a0715733ca6f");
});

t.test("a namespace may be a name, a process or a path", async (t) => {
  t.equal(netnsPathOf("testing"), "/var/run/netns/testing");
  t.equal(netnsPathOf("4711"), "/proc/4711/ns/net");
  t.equal(netnsPathOf("/run/netns/../netns/x"), "/run/netns/x");
  t.equal(netnsPathOf("./x"), `${process.cwd()}/x`);
});

t.test("CNI_ARGS is split and joined again", async (t) => {
  for (const text of ["", "A=b", "IgnoreUnknown=1;IP=10.0.0.1"]) {
    t.equal(formatArgumentPairs(parseArgumentPairs(text)), text);
  }
  for (const text of [";", "A=b;", "A", "A=", "=b", "A=b=c"]) {
    t.throws(() => parseArgumentPairs(text), { message: /^invalid CNI_ARGS pair/ }, text);
  }
});
