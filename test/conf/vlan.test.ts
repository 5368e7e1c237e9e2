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

t.test("trunk: containers meet in the VLANs of the trunk, and in no other", { skip }, async (t) => {
  const lab = createLab(t);
  const chain = lab.chain(readExample("trunk"));
  const [a, b] = [lab.container("a"), lab.container("b")];
  for (const [index, container] of [a, b].entries()) {
    t.same(addressesOf(chain.add(container)), []);
    chain.check(container);
    for (const vlan of [100, 119, 120, 200]) {
      container.shell(`
        ip link add link eth0 name vlan${vlan} type vlan id ${vlan}
        ip address add 10.9.${vlan}.${index + 1}/24 dev vlan${vlan}
        ip link set vlan${vlan} up
      `);
    }
    container.exec("ip", "address", "add", `10.9.0.${index + 1}/24`, "dev", "eth0");
  }
  for (const vlan of [100, 119, 200]) t.ok(a.reaches(`10.9.${vlan}.2`, 10), `VLAN ${vlan}`);
  t.notOk(a.reaches("10.9.120.2", 2), "VLAN 120");
  t.ok(a.reaches("10.9.0.2", 10), "without a tag");
  chain.del(a);
  chain.del(b);
});
