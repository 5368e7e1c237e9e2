import t from "tap";
import { lacks } from "./kernel-features.ts";
import { createLab } from "./lab.ts";

t.test("every kernel has the feature of having none asked", async (t) => t.equal(lacks(), false));

t.test(
  "what this kernel lacks is run in the VM",
  { skip: lacks("bridge VLAN filtering", "rules about bridge ports", "dummy links", "VLAN links") },
  async (t) => {
    const { host } = createLab(t);
    host.exec("ip", "link", "add", "name", "br0", "type", "bridge", "vlan_filtering", "1");
    t.match(host.ip("link", "show", "br0"), [{ linkinfo: { info_data: { vlan_filtering: 1 } } }]);
  },
);
