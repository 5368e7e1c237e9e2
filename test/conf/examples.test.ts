import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { createLab, type Lab } from "../support/lab.ts";
import { addressesOf, readExample } from "./example.ts";

/** Attaches two containers, looks at them, and proves that detaching them leaves the bridge alone. */
function attachTwo(lab: Lab, name: string) {
  const chain = lab.chain(readExample(name));
  const [a, b] = [lab.container("a"), lab.container("b")];
  chain.status();
  const results = [chain.add(a), chain.add(b)] as const;
  for (const container of [a, b]) chain.check(container);
  const addresses = results.map(addressesOf);
  return { chain, a, b, addresses };
}

t.test("every example is listed, and named after its network's nature", async (t) => {
  const files = readdirSync("conf").filter((name) => name.endsWith(".conflist"));
  const list = readFileSync("conf/README.md", "utf8");
  for (const file of files) t.match(list, `(${file})`);
});

t.test("bridge: containers reach each other and their gateway in both families", async (t) => {
  const lab = createLab(t);
  const { chain, a, b, addresses } = attachTwo(lab, "bridge");
  for (const address of [...(addresses[1] ?? []), "10.22.0.1", "fd00:10:22::1"]) {
    t.ok(a.reaches(address), address);
  }
  chain.del(a);
  chain.del(b);
  lab.host.exec("ip", "link", "delete", "pods0");
  t.same(
    lab.host.ip("link", "show").map(({ ifname }) => ifname),
    ["lo"],
  );
});

t.test("bridge-isolated: containers reach their gateway, and not each other", async (t) => {
  const { a, addresses } = attachTwo(createLab(t), "bridge-isolated");
  for (const gateway of ["10.23.0.1", "fd00:10:23::1"]) t.ok(a.reaches(gateway), gateway);
  for (const address of addresses[1] ?? []) t.notOk(a.reaches(address, 1), address);
});

t.test("bridge-layer2: containers are connected, and nobody gives them addresses", async (t) => {
  const { a, b, addresses } = attachTwo(createLab(t), "bridge-layer2");
  t.same(addresses, [[], []]);
  a.exec("ip", "address", "add", "10.9.0.1/24", "dev", "eth0");
  b.exec("ip", "address", "add", "10.9.0.2/24", "dev", "eth0");
  t.ok(a.reaches("10.9.0.2"));
  t.match(a.ip("link", "show", "eth0"), [{ mtu: 1400 }]);
});

t.test("bridge-fixed-address: a container has the addresses it asks for", async (t) => {
  const lab = createLab(t);
  const chain = lab.chain(readExample("bridge-fixed-address"));
  const [a, b] = [lab.container("a"), lab.container("b")];
  const capabilities = { ips: ["10.25.1.77", "fd00:10:25::77"], mac: "02:00:00:00:00:77" };
  t.same(addressesOf(chain.add(a, { capabilities })), capabilities.ips);
  t.match(a.ip("link", "show", "eth0"), [{ address: capabilities.mac }]);
  t.throws(() => chain.add(b, { capabilities }), /10\.25\.1\.77/, "they are taken now");
  t.same(addressesOf(chain.add(b, { ifName: "eth1" })), ["10.25.1.78", "fd00:10:25::78"]);
  t.ok(b.reaches("10.25.1.77"));
});

t.test("loopback: lo is up, and has its addresses", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  a.exec("ip", "link", "set", "lo", "down");
  const chain = lab.chain(readExample("loopback"));
  t.same(addressesOf(chain.add(a, { ifName: "lo" })), ["127.0.0.1", "::1"]);
  t.ok(a.reaches("127.0.0.1"));
  chain.del(a, { ifName: "lo" });
  t.notMatch(a.exec("ip", "link", "show", "lo"), "LOWER_UP");
});
