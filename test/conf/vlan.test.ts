import t from "tap";
import { lacks } from "../support/kernel-features.ts";
import { createLab } from "../support/lab.ts";
import { addressesOf, readExample } from "./example.ts";

const skip = lacks("bridge VLAN filtering");

t.test("bridge-vlan: containers and gateway meet in their VLAN", { skip }, async (t) => {
  const lab = createLab(t);
  const chain = lab.chain(readExample("bridge-vlan"));
  const [a, b] = [lab.container("a"), lab.container("b")];
  const before = lab.snapshot();
  chain.add(a);
  for (const address of [...addressesOf(chain.add(b)), "10.24.0.1", "fd00:10:24::1"]) {
    t.ok(a.reaches(address, 10), address);
  }
  t.match(lab.host.exec("bridge", "vlan", "show"), /100 PVID Egress Untagged\s+200\s/);
  chain.del(a);
  chain.del(b);
  t.not(lab.snapshot(), before, "the bridge stays");
});
