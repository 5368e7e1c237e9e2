import t from "tap";
import { kernel, kernelModule } from "./kernel.ts";
import { createLab } from "./lab.ts";

t.test("a test reads the kernel through the product's own objects", async (t) => {
  const lab = createLab(t);
  t.match(kernel(lab.host).links.get("lo"), { name: "lo", index: 1 });
});

t.test("an error arrives with its name, message and code", async (t) => {
  const lab = createLab(t);
  t.throws(() => kernel(lab.host).links.get("nope"), { message: /nope/ });
});

t.test("a module's functions take namespaces among their arguments", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const [host, container] = [kernel(lab.host), kernel(a)];
  t.ok(host.isSameAs(host));
  t.notOk(host.isSameAs(container));
  const { createVethPair } =
    kernelModule<typeof import("../../lib/kernel/veth.ts")>("lib/kernel/veth.ts");
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const pair = createVethPair({
    host,
    container,
    name: "eth0",
    mtu: 1400,
    mac,
    owner: "net a eth0",
  });
  t.match(lab.host.ip("link", "show", pair.hostEnd.name), [{ mtu: 1400 }]);
  t.match(a.ip("link", "show", "eth0"), [{ address: "02:00:00:00:00:01", mtu: 1400 }]);
});
