import { readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLab, type Lab } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";
import { bridgeConfig, gatewayConfig, hostLocal, versions } from "./networks.ts";

const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** @returns the addresses in host-local's directory of the test network */
function leases(lab: Lab): string[] {
  try {
    const files = readdirSync(join(lab.dataDir, "testConfig"));
    return files.filter((name) => /^[0-9a-f.:]+$/.test(name) && /[.:]/.test(name));
  } catch {
    return [];
  }
}

/** The state that DEL must restore; the bridge is the network's and stays. */
function warmUp(lab: Lab, config: Json): void {
  const first = lab.container("first");
  lab.succeed("ADD", "bridge", config, { container: first });
  lab.succeed("DEL", "bridge", config, { container: first });
}

const networks: readonly [family: string, subnets: string[], gateways: string[]][] = [
  ["IPv4", ["10.1.2.0/24"], ["10.1.2.1"]],
  ["IPv6", ["2001:db8::/64"], ["2001:db8::1"]],
  ["dual stack", ["192.168.0.0/24", "fd00::/64"], ["192.168.0.1", "fd00::1"]],
];

for (const cniVersion of versions) {
  for (const [family, subnets, gateways] of networks) {
    t.test(`${cniVersion}: a container reaches its ${family} gateway and leaves no trace`, (t) => {
      const lab = createLab(t);
      const config = gatewayConfig(cniVersion, subnets);
      warmUp(lab, config);
      const a = lab.container("a");
      const before = lab.snapshot();

      const result = lab.succeed("ADD", "bridge", config, { container: a });
      t.equal(result["cniVersion"], cniVersion);
      for (const gateway of gateways) t.ok(a.reaches(gateway), `${gateway} answers`);

      const call = { container: a };
      if (cniVersion === "0.4.0" || cniVersion.startsWith("1.")) {
        lab.succeed("CHECK", "bridge", { ...config, prevResult: result }, call);
      } else {
        const { error } = lab.cni("CHECK", "bridge", { ...config, prevResult: result }, call);
        t.match(error, { code: 1, msg: "config version does not allow CHECK" });
      }
      lab.succeed("DEL", "bridge", config, call);
      lab.succeed("DEL", "bridge", config, call);
      t.equal(lab.snapshot(), before);
      t.same(leases(lab), []);
      t.end();
    });
  }

  t.test(`${cniVersion}: two IPv6 addresses beside an IPv4 one`, (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const subnets = ["192.168.0.0/24", "fd00::/64", "2001:db8::/64"];
    const config = gatewayConfig(cniVersion, subnets);
    const outcome = lab.cni("ADD", "bridge", config, { container: a });
    if (cniVersion === "0.1.0" || cniVersion === "0.2.0") {
      t.match(
        outcome.error?.msg,
        `CNI version ${cniVersion} does not support more than 1 address per family`,
      );
      t.same(leases(lab), []);
    } else {
      t.equal(outcome.result?.["ips"]?.length, 3);
      t.ok(a.reaches("fd00::1") && a.reaches("2001:db8::1") && a.reaches("192.168.0.1"));
    }
    t.end();
  });

  t.test(`${cniVersion}: layer 2 without IPAM`, (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const before = lab.snapshot();
    const outcome = lab.cni("ADD", "bridge", bridgeConfig(cniVersion, { ipam: {} }), {
      container: a,
    });
    if (cniVersion === "0.1.0" || cniVersion === "0.2.0") {
      t.match(outcome.error?.msg, "cannot convert: no valid IP addresses");
      t.equal(lab.snapshot(), before, "the failed ADD left nothing behind");
    } else {
      t.equal(outcome.result?.["interfaces"]?.length, 3);
      t.equal(outcome.result?.["ips"], undefined);
      t.match(a.ip("link", "show", "eth0"), [{ operstate: "UP" }]);
    }
    lab.succeed("DEL", "bridge", bridgeConfig(cniVersion), { container: a });
    t.end();
  });
}

t.test("the result describes bridge, host end and container end", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const config = gatewayConfig("1.1.0", ["10.1.2.0/24"], { mtu: 1400 });
  const { interfaces, ips, routes, dns } = lab.succeed("ADD", "bridge", config, { container: a });
  t.match(interfaces, [
    { name: "bridge0", mac, sandbox: undefined },
    { name: /^veth[0-9a-f]{8}$/, mac, sandbox: undefined },
    { name: "eth0", mac, sandbox: a.path },
  ]);
  t.equal(new Set(interfaces.map((each: Json) => each["mac"])).size, 3);
  t.same(ips, [{ address: "10.1.2.2/24", gateway: "10.1.2.1", interface: 2 }]);
  t.same(routes, [{ dst: "0.0.0.0/0", gw: "10.1.2.1" }]);
  t.equal(dns, undefined);

  const [bridge] = lab.host.ip("address", "show", "bridge0");
  t.match(bridge, { address: interfaces[0].mac, promiscuity: 0 });
  t.match(lab.host.ip("link", "show", interfaces[1].name), [
    {
      address: interfaces[1].mac,
      master: "bridge0",
      mtu: 1400,
      ifalias: "patchbay/testConfig/container-a/eth0",
    },
  ]);
  t.match(a.ip("link", "show", "eth0"), [
    { address: interfaces[2].mac, mtu: 1400, operstate: "UP" },
  ]);
  const addresses = a.ip("-4", "address", "show", "eth0") as { addr_info: object[] }[];
  t.equal(addresses[0]?.addr_info.length, 1);
  t.match(a.ip("route"), [{ dst: "default", gateway: "10.1.2.1" }, { dst: "10.1.2.0/24" }]);
  t.equal(lab.host.shell("cat /proc/sys/net/ipv4/ip_forward").trim(), "1");
  t.end();
});

t.test("two containers on one bridge reach each other", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const config = gatewayConfig("1.1.0", ["10.1.2.0/24", "2001:db8::/64"]);
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.succeed("ADD", "bridge", config, { container: b });
  t.ok(a.reaches("10.1.2.3"));
  t.ok(a.reaches("2001:db8::3"));
  t.ok(b.reaches("10.1.2.2"));
  t.end();
});

t.test("a bridge that is there is used as it is", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.host.exec("ip", "link", "add", "bridge0", "mtu", "1450", "type", "bridge");
  const [before] = lab.host.ip("link", "show", "bridge0");
  lab.succeed("ADD", "bridge", gatewayConfig("1.1.0", ["10.1.2.0/24"]), { container: a });
  const [after] = lab.host.ip("link", "show", "bridge0");
  t.equal(after?.["ifindex"], before?.["ifindex"]);
  t.match(a.ip("link", "show", "eth0"), [{ mtu: 1450 }]);
  t.end();
});

t.test("the bridge keeps its MAC address while containers come and go", (t) => {
  for (const subnet of ["10.1.2.0/24", "2001:db8::/64"]) {
    const lab = createLab(t);
    const [a, b] = [lab.container("a"), lab.container("b")];
    const config = gatewayConfig("1.1.0", [subnet]);
    const macNow = () => lab.host.ip("link", "show", "bridge0")[0]?.["address"];
    lab.succeed("ADD", "bridge", config, { container: a });
    const first = macNow();
    lab.succeed("ADD", "bridge", config, { container: b });
    t.equal(macNow(), first);
    lab.succeed("DEL", "bridge", config, { container: a });
    lab.succeed("DEL", "bridge", config, { container: b });
    t.equal(macNow(), first);
  }
  t.end();
});

t.test("a bridge that somebody else made keeps its MAC address, too", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.host.exec("ip", "link", "add", "bridge0", "type", "bridge");
  const macNow = () => lab.host.ip("link", "show", "bridge0")[0]?.["address"];
  const first = macNow();
  const config = bridgeConfig("1.1.0");
  lab.succeed("ADD", "bridge", config, { container: a });
  t.equal(macNow(), first);
  lab.succeed("DEL", "bridge", config, { container: a });
  t.equal(macNow(), first);
  t.end();
});

t.test("without an MTU the default route's link decides, also after all containers went", (t) => {
  const lab = createLab(t);
  const { uplink } = lab.outside();
  lab.host.exec("ip", "link", "set", uplink, "mtu", "1446");
  const config = gatewayConfig("1.1.0", ["10.1.2.0/24"]);
  for (const role of ["a", "b"]) {
    const container = lab.container(role);
    lab.succeed("ADD", "bridge", config, { container });
    t.match(container.ip("link", "show", "eth0"), [{ mtu: 1446 }]);
    t.match(lab.host.ip("link", "show", "bridge0"), [{ mtu: 1446 }]);
    lab.succeed("DEL", "bridge", config, { container });
  }
  t.end();
});

t.test("the container's MAC address comes from CNI_ARGS, args or runtimeConfig", (t) => {
  const lab = createLab(t);
  const args = "IgnoreUnknown=true;MAC=c2:11:22:33:44:55";
  const l2 = bridgeConfig("1.1.0");
  const withArgs = { ...l2, args: { cni: { mac: "c2:11:22:33:44:66" } } };
  const cases: [Json, string][] = [
    [l2, "c2:11:22:33:44:55"],
    [withArgs, "c2:11:22:33:44:66"],
    [{ ...withArgs, RuntimeConfig: { mac: "c2:11:22:33:44:77" } }, "c2:11:22:33:44:77"],
  ];
  for (const [config, expected] of cases) {
    const container = lab.container("a");
    const containerId = `id-${expected.replaceAll(":", "")}`;
    const { interfaces } = lab.succeed("ADD", "bridge", config, { container, containerId, args });
    t.equal(interfaces[2].mac, expected);
    t.match(container.ip("link", "show", "eth0"), [{ address: expected }]);
  }
  t.end();
});

t.test("hairpin, isolation and promiscuous mode are what the configuration says", (t) => {
  const lab = createLab(t);
  const portOf = (result: Json) => {
    const [link] = lab.host.ip("link", "show", result["interfaces"][1].name) as Json[];
    return link?.["linkinfo"].info_slave_data;
  };
  const add = (role: string, rest: Json) =>
    lab.succeed("ADD", "bridge", bridgeConfig("1.1.0", rest), { container: lab.container(role) });
  t.match(portOf(add("a", {})), { hairpin: false, isolated: false });
  t.match(lab.host.ip("link", "show", "bridge0"), [{ promiscuity: 0 }]);
  t.match(portOf(add("b", { hairpinMode: true })), { hairpin: true, isolated: false });
  t.match(portOf(add("c", { portIsolation: true, promiscMode: true })), { isolated: true });
  t.match(lab.host.ip("link", "show", "bridge0"), [{ promiscuity: 1 }]);
  t.end();
});

t.test("isolated containers reach the gateway but not each other", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const config = gatewayConfig("1.1.0", ["10.1.2.0/24"], { portIsolation: true });
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.succeed("ADD", "bridge", config, { container: b });
  t.ok(a.reaches("10.1.2.1"));
  t.notOk(a.reaches("10.1.2.3", 1));
  t.end();
});

t.test("disableContainerInterface leaves the interface down", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const config = bridgeConfig("1.1.0", { disableContainerInterface: true });
  lab.succeed("ADD", "bridge", config, { container: a });
  const [link] = a.ip("address", "show", "eth0") as Json[];
  t.notOk(link?.["flags"].includes("UP"));
  t.same(link?.["addr_info"], []);
  t.end();
});

t.test("enabledad has duplicate addresses found, and refused", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const config = gatewayConfig("1.1.0", ["2001:db8::/64"], { enabledad: true });
  lab.succeed("ADD", "bridge", config, { container: a });
  t.ok(a.reaches("2001:db8::1"));
  a.exec("ip", "address", "add", "2001:db8::3/64", "dev", "eth0", "nodad");
  const before = lab.snapshot();
  const { error } = lab.cni("ADD", "bridge", config, { container: b });
  t.match(error?.msg, /duplicate address detection failed on "eth0"/);
  t.notMatch(b.exec("ip", "link"), /eth0/);
  t.equal(lab.snapshot().includes("2001:db8::3\n"), before.includes("2001:db8::3\n"));
  t.same(leases(lab), ["2001:db8::2"]);
  t.end();
});

t.test("a reused address works at once, although others knew its last owner", (t) => {
  const lab = createLab(t);
  const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
  const subnets = ["10.1.2.0/24", "2001:db8::/64"];
  const config = gatewayConfig("1.1.0", subnets);
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.succeed("ADD", "bridge", config, { container: b });
  for (const address of ["10.1.2.3", "2001:db8::3"]) t.ok(a.reaches(address) && true);
  lab.succeed("DEL", "bridge", config, { container: b });
  const again = { ...config, runtimeConfig: { ips: ["10.1.2.3", "2001:db8::3"] } };
  lab.succeed("ADD", "bridge", again, { container: c });
  // One packet each, with no time for a second: what a knew of the last owner must be replaced.
  for (const address of ["10.1.2.3", "2001:db8::3"]) {
    const { exitCode, stdout } = a.tryExec(["ping", "-n", "-c1", "-W1", address]);
    t.equal(exitCode, 0, stdout);
  }
  t.end();
});

t.test("dns of the configuration replaces IPAM's", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  lab.host.shell(`printf 'nameserver 192.0.2.53\\nsearch example.com\\n' > ${lab.stateDir}/resolv`);
  const ipam = { ...hostLocal("10.1.2.0/24"), resolvConf: "/var/lib/cni/resolv" };
  const config = gatewayConfig("1.1.0", [], { ipam });
  const { dns } = lab.succeed("ADD", "bridge", config, { container: a });
  t.same(dns, { nameservers: ["192.0.2.53"], search: ["example.com"] });
  const own = { ...config, dns: { nameservers: ["192.0.2.1"] } };
  const second = lab.succeed("ADD", "bridge", own, { container: b });
  t.same(second["dns"], { nameservers: ["192.0.2.1"] });
  t.end();
});

t.test("forceAddress replaces an address of the bridge that contradicts; else ADD fails", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.host.exec("ip", "link", "add", "bridge0", "up", "type", "bridge");
  lab.host.exec("ip", "address", "add", "10.0.0.1/8", "dev", "bridge0");
  lab.host.exec("ip", "address", "add", "2001:db8::ffff/48", "dev", "bridge0", "nodad");
  lab.host.exec("ip", "address", "add", "fd00::1/64", "dev", "bridge0", "nodad");
  const config = gatewayConfig("1.1.0", ["10.1.2.0/24", "2001:db8::/64"]);
  const state = () => lab.host.shell("ls /sys/class/net; ip -o address show dev bridge0");
  const before = state();
  const { error } = lab.cni("ADD", "bridge", config, { container: a });
  t.match(error, {
    code: 7,
    msg: /^"bridge0" already has an IP address different from 10\.1\.2\.1\/24: it has 10\.0\.0\.1\/8/,
  });
  t.equal(state(), before);

  lab.succeed("ADD", "bridge", { ...config, forceAddress: true }, { container: a });
  const [shown] = lab.host.ip("address", "show", "bridge0") as Json[];
  const addresses = shown?.["addr_info"].map(
    (each: Json) => `${each["local"]}/${each["prefixlen"]}`,
  );
  t.match(addresses.filter((each: string) => !each.startsWith("fe80")).sort(), [
    "10.1.2.1/24",
    "2001:db8::1/64",
    "fd00::1/64",
  ]);
  t.end();
});
