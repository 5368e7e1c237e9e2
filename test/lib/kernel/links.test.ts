import t from "tap";
import { kernel } from "../../support/kernel.ts";
import { createLab } from "../../support/lab.ts";

t.test("a bridge, a veth pair across namespaces and a port are what ip shows", (t) => {
  const lab = createLab(t);
  const peer = lab.container("peer");
  const { links } = kernel(lab.host);
  links.create({ kind: "bridge", name: "br0", mac: Uint8Array.of(2, 0, 0, 0, 0, 9) });
  const bridge = links.get("br0");
  peer.exec("true");
  links.create({
    kind: "veth",
    name: "vetha",
    mtu: 1400,
    master: bridge.index,
    peer: { name: "b", mtu: 1400, mac: Uint8Array.of(2, 0, 0, 0, 0, 2) },
  });
  const port = links.get("vetha");
  links.set(port, { isUp: true, alias: "mine", bridgePort: { hairpin: true, isolated: true } });

  t.match(lab.host.ip("-d", "link", "show", "vetha"), [
    {
      mtu: 1400,
      master: "br0",
      ifalias: "mine",
      linkinfo: {
        info_kind: "veth",
        info_slave_kind: "bridge",
        info_slave_data: { hairpin: true, isolated: true },
      },
    },
  ]);
  t.match(lab.host.ip("link", "show", "b"), [{ address: "02:00:00:00:00:02", mtu: 1400 }]);
  t.match(links.get("vetha"), {
    kind: "veth",
    master: bridge.index,
    alias: "mine",
    isUp: true,
    bridgePort: { hairpin: true, isolated: true },
    parent: links.get("b").index,
  });
  t.end();
});

t.test("every kind of link that this kernel knows is made and described", (t) => {
  const lab = createLab(t);
  const { links } = kernel(lab.host);
  links.create({ kind: "bridge", name: "parent" });
  const parent = links.get("parent").index;
  links.create({ kind: "ifb", name: "ifb-test" });
  links.create({ kind: "macvlan", name: "mv", mode: "private", parent });
  t.match(lab.host.ip("-d", "link", "show", "ifb-test"), [{ linkinfo: { info_kind: "ifb" } }]);
  t.match(lab.host.ip("-d", "link", "show", "mv"), [
    { link: "parent", linkinfo: { info_kind: "macvlan", info_data: { mode: "private" } } },
  ]);
  t.match(links.get("mv"), { kind: "macvlan", macvlanMode: "private", parent });
  t.end();
});

t.test("a link is found by its alternative name, however long", (t) => {
  const lab = createLab(t);
  lab.host.exec("ip", "link", "property", "add", "dev", "lo", "altname", "a-name-beyond-fifteen");
  t.equal(kernel(lab.host).links.get("a-name-beyond-fifteen").name, "lo");
  t.end();
});

t.test("a missing link is undefined to find, an error to get, and nothing to remove", (t) => {
  const { links } = kernel(createLab(t).host);
  t.equal(links.find("nothing"), undefined);
  t.throws(() => links.get("nothing"), {
    name: "NetlinkError",
    code: "ENODEV",
    message: 'get link "nothing": no such device',
  });
  links.remove({ index: 4711, name: "nothing" });
  t.throws(() => links.delete({ index: 4711, name: "nothing" }), { code: "ENODEV" });
  t.end();
});

t.test("the kernel's own words are in the error", (t) => {
  const { links } = kernel(createLab(t).host);
  links.create({ kind: "bridge", name: "br0" });
  t.throws(() => links.set(links.get("br0"), { mtu: 20 }), {
    message: 'set mtu 20 of "br0": invalid argument (mtu less than device minimum)',
  });
  t.throws(() => links.create({ kind: "bridge", name: "br0" }), { code: "EEXIST" });
  t.end();
});

t.test("waiting for a link ends when it is operational, and when the time is over", (t) => {
  const { links } = kernel(createLab(t).host);
  links.create({ kind: "veth", name: "a", peer: { name: "b" } });
  const a = links.get("a");
  links.set(a, { isUp: true });
  t.equal(links.waitUntilOperational(a, 50).operState, "lowerlayerdown");
  links.set(links.get("b"), { isUp: true });
  t.equal(links.waitUntilOperational(a, 5_000).operState, "up");
  t.end();
});
