import t from "tap";
import { parseAddress } from "../../../lib/ip/address.ts";
import { formatCidr, parseCidr } from "../../../lib/ip/cidr.ts";
import { kernel } from "../../support/kernel.ts";
import { createLab } from "../../support/lab.ts";
import { required } from "../../support/required.ts";

const cidr = (text: string) => required(parseCidr(text));
const address = (text: string) => required(parseAddress(text));

function labWithLink(t: Parameters<typeof createLab>[0]) {
  const lab = createLab(t);
  lab.host.exec("ip", "link", "add", "name", "left", "up", "type", "veth", "peer", "name", "right");
  lab.host.exec("ip", "link", "set", "right", "up");
  const netns = kernel(lab.host);
  return { lab, netns, link: netns.links.get("left") };
}

t.test("addresses are what ip shows, usable at once when nobody needs to be asked", (t) => {
  const { lab, netns, link } = labWithLink(t);
  netns.addresses.add(
    link,
    { cidr: cidr("10.1.2.3/24") },
    { cidr: cidr("10.1.3.1/31") },
    { cidr: cidr("2001:db8::2/64"), skipDad: true },
  );
  const [shown] = lab.host.ip("address", "show", "left") as { addr_info: object[] }[];
  t.match(required(shown).addr_info, [
    { local: "10.1.2.3", prefixlen: 24, broadcast: "10.1.2.255", scope: "global" },
    { local: "10.1.3.1", prefixlen: 31, broadcast: undefined },
    { local: "2001:db8::2", prefixlen: 64, nodad: true },
  ]);
  const listed = netns.addresses.list(link).filter(({ scope }) => scope === 0);
  t.same(
    listed.map((each) => formatCidr(each.cidr)),
    ["10.1.2.3/24", "10.1.3.1/31", "2001:db8::2/64"],
  );
  t.notOk(listed.some(({ isTentative }) => isTentative));
  t.throws(() => netns.addresses.add(link, { cidr: cidr("10.1.2.3/24") }), { code: "EEXIST" });
  netns.addresses.remove(link, cidr("10.1.2.3/24"));
  netns.addresses.remove(link, cidr("10.1.2.3/24"));
  t.notOk(netns.addresses.has(link, cidr("10.1.2.3/24")));
  t.end();
});

t.test("waiting for duplicate detection ends when it has decided", (t) => {
  const { netns, link } = labWithLink(t);
  netns.addresses.add(link, { cidr: cidr("2001:db8::2/64") });
  const settled = netns.addresses.waitUntilSettled(link, 5_000);
  t.notOk(settled.some(({ isTentative }) => isTentative));
  t.end();
});

t.test("an address that somebody else has is found to be a duplicate", (t) => {
  const { lab, netns, link } = labWithLink(t);
  const other = lab.container("other");
  lab.host.exec("ip", "link", "set", "right", "netns", other.name);
  other.exec("ip", "link", "set", "right", "up");
  other.exec("ip", "address", "add", "2001:db8::2/64", "dev", "right", "nodad");
  netns.addresses.add(link, { cidr: cidr("2001:db8::2/64") });
  const settled = netns.addresses.waitUntilSettled(link, 5_000);
  t.ok(settled.some(({ isDuplicate }) => isDuplicate));
  t.end();
});

t.test("routes are what ip shows: tables, metrics, scopes and several next hops", (t) => {
  const { lab, netns, link } = labWithLink(t);
  netns.addresses.add(
    link,
    { cidr: cidr("10.1.2.3/24") },
    { cidr: cidr("2001:db8::2/64"), skipDad: true },
  );
  const linkIndex = link.index;
  const via = (text: string) => ({ gateway: address(text), linkIndex });
  netns.routes.add(
    [
      { destination: cidr("0.0.0.0/0"), ...via("10.1.2.1") },
      {
        destination: cidr("10.9.0.0/16"),
        ...via("10.1.2.1"),
        table: 5_000,
        mtu: 1_300,
        advmss: 1_200,
      },
      { destination: cidr("10.8.0.0/16"), linkIndex, scope: 253, priority: 42 },
      { destination: cidr("2001:db8:9::/48"), ...via("2001:db8::3") },
      { destination: cidr("2001:db8:9::/48"), ...via("2001:db8::4") },
    ],
    "join",
  );
  const routes = lab.host.shell(
    "ip route show table all dev left; ip -6 route show 2001:db8:9::/48",
  );
  t.match(routes, /^default via 10\.1\.2\.1/m);
  t.match(routes, /^10\.9\.0\.0\/16 via 10\.1\.2\.1 table 5000 mtu 1300 advmss 1200/m);
  t.match(routes, /^10\.8\.0\.0\/16 scope link metric 42/m);
  t.match(routes, /nexthop via 2001:db8::3.*\n.*nexthop via 2001:db8::4/);

  t.equal(netns.routes.findDefaultLink(), linkIndex);
  t.match(netns.routes.find(address("10.1.2.9")), { linkIndex });
  t.equal(netns.routes.find(address("2001:db8:ffff::1")), undefined);
  t.equal(netns.routes.list(4, 5_000).length, 1);
  t.end();
});

t.test("a route that is there already fails, is joined or is replaced, as asked", (t) => {
  const { netns, link } = labWithLink(t);
  netns.addresses.add(link, { cidr: cidr("10.1.2.3/24") });
  const route = {
    destination: cidr("10.9.0.0/16"),
    gateway: address("10.1.2.1"),
    linkIndex: link.index,
  };
  netns.routes.add([route], "fail");
  t.throws(() => netns.routes.add([route], "fail"), {
    code: "EEXIST",
    message: "add route 10.9.0.0/16 via 10.1.2.1: file exists",
  });
  netns.routes.add([{ ...route, gateway: address("10.1.2.2") }], "replace");
  t.equal(netns.routes.list(4).filter(({ gateway }) => gateway !== undefined).length, 1);
  netns.routes.remove({ destination: route.destination });
  netns.routes.remove({ destination: route.destination });
  t.end();
});

t.test("rules and neighbours are what ip shows", (t) => {
  const { lab, netns, link } = labWithLink(t);
  const rule = { source: cidr("10.1.2.3/32"), table: 100 };
  netns.rules.add(rule);
  t.match(lab.host.shell("ip rule"), /from 10\.1\.2\.3 lookup 100/);
  t.ok(netns.rules.list(4).some(({ table }) => table === 100));
  netns.rules.remove(rule);
  netns.rules.remove(rule);
  t.notMatch(lab.host.shell("ip rule"), /lookup 100/);

  lab.host.exec("ip", "neigh", "add", "10.1.2.9", "lladdr", "02:00:00:00:00:01", "dev", "left");
  t.match(netns.neighbours.list(link), [{ mac: "02:00:00:00:00:01", isPermanent: true }]);
  netns.neighbours.remove(link, address("10.1.2.9"));
  netns.neighbours.remove(link, address("10.1.2.9"));
  t.end();
});

t.test("sysctls are those of the namespace, and what is right already is not written", (t) => {
  const { lab, netns } = labWithLink(t);
  const key = "net/ipv4/conf/left/arp_notify";
  t.equal(netns.sysctls.read(key), "0");
  netns.sysctls.ensure({ [key]: "1" });
  t.equal(lab.host.shell(`cat /proc/sys/${key}`).trim(), "1");
  t.equal(netns.sysctls.read("net/ipv4/conf/nothing/arp_notify"), undefined);
  netns.sysctls.prefer({ "net/ipv4/conf/nothing/arp_notify": "1" });
  t.end();
});

t.test("a table that does not exist has no routes", (t) => {
  const { routes } = kernel(createLab(t).container("without-any"));
  for (const family of [4, 6] as const) t.same(routes.list(family, 4_711), []);
  t.end();
});
