import t from "tap";
import { createLab } from "../../support/lab.ts";
import { bridgeConfig, gatewayConfig } from "./networks.ts";

const config = gatewayConfig("1.1.0", ["10.1.2.0/24", "2001:db8::/64"]);

t.test("an interface of that name in the container makes ADD fail and nothing change", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  a.exec("ip", "link", "add", "eth0", "type", "bridge");
  const before = lab.snapshot();
  const { error } = lab.cni("ADD", "bridge", config, { container: a });
  t.match(
    error?.msg,
    /container veth name \("eth0"\) peer provided \("veth[0-9a-f]{8}"\) already exists/,
  );
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("a bridge name that belongs to another kind of link is refused", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.host.exec("ip", "link", "add", "bridge0", "type", "ifb");
  const before = lab.snapshot();
  const { error } = lab.cni("ADD", "bridge", config, { container: a });
  t.match(error, { code: 7, msg: '"bridge0" already exists but is not a bridge: it is a ifb' });
  t.match(lab.cni("STATUS", "bridge", config, {}).error, { code: 50 });
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("an exhausted range makes ADD fail and leaves no bridge behind", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const range = { subnet: "10.1.2.0/24", rangeStart: "10.1.2.1", rangeEnd: "10.1.2.1" };
  const full = { ...config, ipam: { type: "host-local", ranges: [[range]] } };
  const before = lab.snapshot();
  const { error } = lab.cni("ADD", "bridge", full, { container: a });
  t.match(error?.msg, /no IP addresses available in range set: 10\.1\.2\.1-10\.1\.2\.1/);
  t.notMatch(lab.host.exec("ip", "link"), /bridge0|veth/);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("a failed ADD leaves a bridge that others use alone", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  lab.succeed("ADD", "bridge", config, { container: a });
  b.exec("ip", "link", "add", "eth0", "type", "bridge");
  const before = lab.snapshot();
  t.ok(lab.cni("ADD", "bridge", config, { container: b }).error);
  t.equal(lab.snapshot(), before);
  t.ok(a.reaches("10.1.2.1"));
  t.end();
});

t.test("what cannot be printed was never added", (t) => {
  const lab = createLab(t);
  // Forwarding is switched on for good: others may have come to rely on it.
  lab.host.shell("echo 1 > /proc/sys/net/ipv4/ip_forward");
  lab.host.shell("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
  const a = lab.container("a");
  const before = lab.snapshot();
  const call = `CNI_COMMAND=ADD CNI_CONTAINERID=x CNI_NETNS=${a.path} CNI_IFNAME=eth0 CNI_PATH=dist/bin dist/bin/bridge`;
  const stdin = JSON.stringify(config);
  const { exitCode } = lab.runOnHost(["sh", "-c", `${call} >/dev/full`], { stdin });
  t.equal(exitCode, 1);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("a netns that is none is refused by ADD and no obstacle to DEL", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.host.shell(`echo > ${lab.stateDir}/plain`);
  const plain = `${lab.stateDir}/plain`;
  for (const netns of [plain, "/nowhere/at/all", `${lab.stateDir}`]) {
    const { error } = lab.cni("ADD", "bridge", config, { containerId: "other", netns });
    t.match(error, { code: 8, msg: new RegExp(`^failed to open netns "${netns}"`) });
  }
  lab.succeed("DEL", "bridge", config, { container: a, netns: plain });
  t.notMatch(lab.host.exec("ip", "link"), /veth/, "the host end was found by its owner");
  lab.succeed("DEL", "bridge", config, { container: a, netns: "/nowhere/at/all" });
  lab.succeed("DEL", "bridge", config, { container: a, netns: "" });
  t.end();
});

t.test("DEL with the namespace unreachable but alive disconnects the container", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.succeed("ADD", "bridge", config, { container: a });
  t.ok(a.reaches("10.1.2.1"));
  lab.succeed("DEL", "bridge", config, { container: a, netns: "" });
  t.notMatch(a.exec("ip", "link"), /eth0/);
  t.end();
});

t.test("DEL works with a configuration that got broken since", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.succeed("ADD", "bridge", bridgeConfig("1.1.0"), { container: a });
  lab.succeed("DEL", "bridge", bridgeConfig("1.1.0", { vlan: 5000, mtu: "x" }), { container: a });
  t.notMatch(lab.host.exec("ip", "link"), /veth/);
  t.end();
});

t.test("GC removes what the runtime does not know, and nothing else", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const other = {
    ...config,
    name: "other",
    ipam: { type: "host-local", subnet: "10.9.0.0/16" },
    bridge: "bridge1",
  };
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.succeed("ADD", "bridge", config, { container: b });
  lab.succeed("ADD", "bridge", other, { container: a, ifName: "eth1" });
  const valid = [{ containerID: "container-b", ifname: "eth0" }];
  lab.succeed("GC", "bridge", { ...config, "cni.dev/valid-attachments": valid }, {});
  t.notMatch(a.exec("ip", "link"), /eth0/);
  t.match(a.exec("ip", "link"), /eth1/);
  t.ok(b.reaches("10.1.2.1"));
  const files = lab.runOnHost(["sh", "-c", "ls /var/lib/cni/networks/testConfig"]).stdout;
  t.notMatch(files, /^10\.1\.2\.2$/m);
  t.match(files, /^10\.1\.2\.3$/m);
  t.end();
});

t.test("CHECK notices what is not as ADD left it", (t) => {
  const lab = createLab(t);
  const damages: readonly [
    what: string,
    damage: (container: ReturnType<typeof lab.container>, veth: string) => void,
    msg: RegExp,
  ][] = [
    [
      "a missing address",
      (c) => c.exec("ip", "address", "del", "10.1.2.2/24", "dev", "eth0"),
      /10\.1\.2\.2\/24/,
    ],
    ["a missing default route", (c) => c.exec("ip", "route", "del", "default"), /0\.0\.0\.0\/0/],
    [
      "another MAC address",
      (c) => c.exec("ip", "link", "set", "eth0", "address", "02:00:00:00:00:01"),
      /eth0.*MAC/,
    ],
    ["a missing interface", (c) => c.exec("ip", "link", "del", "eth0"), /"eth0" not found/],
    [
      "a port that left the bridge",
      (_, veth) => lab.host.exec("ip", "link", "set", veth, "nomaster"),
      /not a port of bridge/,
    ],
    [
      "a port in hairpin mode",
      (_, veth) => lab.host.exec("bridge", "link", "set", "dev", veth, "hairpin", "on"),
      /hairpin/,
    ],
    [
      "a missing gateway",
      () => lab.host.exec("ip", "address", "del", "10.1.2.1/24", "dev", "bridge0"),
      /10\.1\.2\.1\/24/,
    ],
  ];
  for (const [what, damage, msg] of damages) {
    const single = gatewayConfig("1.1.0", ["10.1.2.0/24"]);
    const container = lab.container("c");
    const call = { container, containerId: "c" };
    const { runtimeConfig: _, ...rest } = single;
    const fixed = { ...rest, runtimeConfig: { ips: ["10.1.2.2"] } };
    const prevResult = lab.succeed("ADD", "bridge", fixed, call);
    lab.succeed("CHECK", "bridge", { ...fixed, prevResult }, call);
    damage(container, prevResult["interfaces"][1].name);
    t.match(lab.cni("CHECK", "bridge", { ...fixed, prevResult }, call).error?.msg, msg, what);
    lab.succeed("DEL", "bridge", fixed, call);
  }
  t.end();
});

t.test("CHECK needs the result of ADD", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  lab.succeed("ADD", "bridge", config, { container: a });
  t.match(lab.cni("CHECK", "bridge", config, { container: a }).error, {
    code: 7,
    msg: /Required prevResult missing/,
  });
  t.end();
});
