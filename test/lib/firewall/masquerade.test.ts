import t from "tap";
import { createLab, type Lab, reference } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";
import { askAll, type Endpoint, serve } from "../../support/traffic.ts";

t.setTimeout(170_000);

const backends = ["nftables", "iptables"] as const;

function network(more: Json = {}): Json {
  return {
    cniVersion: "1.0.0",
    name: "web",
    type: "bridge",
    bridge: "cni0",
    isDefaultGateway: true,
    ipMasq: true,
    ipam: {
      type: "host-local",
      ranges: [[{ subnet: "10.88.0.0/24" }], [{ subnet: "fd00:88::/64" }]],
    },
    ...more,
  };
}

/** The bridge stays when its last container goes, and iptables' tables do. */
function warmUp(lab: Lab, config: Json): void {
  const first = lab.container("first");
  lab.succeed("ADD", "bridge", config, { container: first });
  lab.succeed("DEL", "bridge", config, { container: first });
}

function natRules(lab: Lab): string {
  return lab.host
    .shell("iptables-save -t nat; ip6tables-save -t nat; nft list tables | grep -v ' nat$' || true")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\[\d+:\d+\]/g, "");
}

for (const backend of backends) {
  const config = network({ ipMasqBackend: backend });

  t.test(`${backend}: the world sees the host, the neighbours see the container`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, ipv4, ipv6, hostIpv4, hostIpv6 } = lab.outside();
    const [a, b] = [lab.container("a"), lab.container("b")];
    lab.succeed("ADD", "bridge", config, { container: a });
    lab.succeed("ADD", "bridge", config, { container: b });
    const everywhere = ["0.0.0.0", "::"].flatMap((address): Endpoint[] => [
      { protocol: "tcp", address, port: 80 },
      { protocol: "udp", address, port: 80 },
    ]);
    for (const where of [outside, lab.host, b]) await serve(t, where, ...everywhere);
    if (!a.reaches("fd00:88::1") || !a.reaches("fd00:88::3")) throw new Error("No IPv6 yet");

    const asked: [address: string, seen: string][] = [
      [ipv4, hostIpv4],
      [ipv6, hostIpv6],
      ["10.88.0.3", "10.88.0.2"],
      ["fd00:88::3", "fd00:88::2"],
      ["10.88.0.1", "10.88.0.2"],
      ["fd00:88::1", "fd00:88::2"],
    ];
    for (const protocol of ["tcp", "udp"] as const) {
      const answers = askAll(
        a,
        asked.map(([address]) => ({ protocol, address, port: 80 })),
      );
      for (const [index, [address, seen]] of asked.entries()) {
        t.equal(answers[index]?.address, seen, `${address} over ${protocol}`);
      }
    }
  });

  t.test(`${backend}: DEL leaves no trace, with the namespace and the result gone`, (t) => {
    const lab = createLab(t);
    warmUp(lab, config);
    const a = lab.container("a");
    const before = lab.snapshot();
    lab.succeed("ADD", "bridge", config, { container: a });
    t.match(natRules(lab), /patchbay|CNI-/);
    lab.succeed("DEL", "bridge", config, { container: a, netns: "" });
    t.equal(lab.snapshot(), before);
    t.end();
  });

  t.test(`${backend}: two attachments of a container to one network are independent`, (t) => {
    const lab = createLab(t);
    const { ipv4, hostIpv4 } = lab.outside();
    const a = lab.container("a");
    warmUp(lab, config);
    const before = natRules(lab);
    lab.succeed("ADD", "bridge", config, { container: a });
    lab.succeed("ADD", "bridge", config, { container: a, ifName: "net1" });
    lab.succeed("DEL", "bridge", config, { container: a });
    t.ok(a.reaches(ipv4), `the other one still gets out as ${hostIpv4}`);
    lab.succeed("DEL", "bridge", config, { container: a, ifName: "net1" });
    t.equal(natRules(lab), before);
    t.end();
  });

  t.test(`${backend}: CHECK misses the masquerade when it is gone`, (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const result = lab.succeed("ADD", "bridge", config, { container: a });
    const checked = { ...config, prevResult: result };
    lab.succeed("CHECK", "bridge", checked, { container: a });
    lab.host.shell("nft flush ruleset");
    t.match(lab.cni("CHECK", "bridge", checked, { container: a }).error, { msg: /masquerade/ });
    lab.succeed("DEL", "bridge", config, { container: a });
    t.end();
  });

  t.test(`${backend}: GC removes the masquerade of what is not valid any more`, (t) => {
    const lab = createLab(t);
    const [a, b] = [lab.container("a"), lab.container("b")];
    const call = { ...config, cniVersion: "1.1.0" };
    lab.succeed("ADD", "bridge", call, { container: a });
    const before = natRules(lab);
    lab.succeed("ADD", "bridge", call, { container: b });
    const valid = [{ containerID: "container-a", ifname: "eth0" }];
    lab.succeed("GC", "bridge", { ...call, "cni.dev/valid-attachments": valid });
    t.equal(natRules(lab), before);
    t.end();
  });
}

t.test("an address that a new container has got stays masqueraded when the old one goes", (t) => {
  const lab = createLab(t);
  const { ipv4 } = lab.outside();
  const [old, young] = [lab.container("old"), lab.container("young")];
  const config = network();
  const ips = { args: { cni: { ips: ["10.88.0.9"] } } };
  lab.succeed("ADD", "bridge", { ...config, ...ips }, { container: old });
  // The runtime was killed, its files were lost, and the address is given away again.
  lab.runOnHost(["sh", "-c", "rm -r /var/lib/cni/networks"]);
  old.exec("ip", "link", "delete", "eth0");
  lab.succeed("ADD", "bridge", { ...config, ...ips }, { container: young });
  t.ok(young.reaches(ipv4));
  lab.succeed("DEL", "bridge", config, { container: old });
  young.exec("ip", "route", "flush", "cache");
  t.ok(young.reaches(ipv4), "still");
  t.end();
});

t.test("DEL removes rules that the configuration asks for no more, or not rightly", (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const plain = network({ ipMasq: false });
  warmUp(lab, plain);
  const before = natRules(lab);
  const asking = { ...plain, ipMasq: true, macspoofchk: true };
  for (const left of [plain, { ...plain, ipMasq: null }, { ...plain, IPMASQ: "yes" }]) {
    lab.succeed("ADD", "bridge", asking, { container: a });
    t.match(lab.host.exec("nft", "list", "ruleset"), "macspoofchk-container-a-eth0");
    lab.succeed("DEL", "bridge", left, { container: a });
    t.equal(natRules(lab), before);
    t.notMatch(lab.host.exec("nft", "list", "ruleset"), "container-a");
  }
  const theirs = { ...plain, ipMasq: true, ipMasqBackend: "iptables" };
  lab.runOnHost(["sh", "-c", "rm -r /var/lib/cni/networks"]);
  lab.succeed("ADD", "bridge", theirs, { container: a, cniPath: reference });
  t.not(natRules(lab), before);
  lab.succeed("DEL", "bridge", { ...plain, ipMasq: "yes" }, { container: a, netns: "" });
  t.equal(natRules(lab), before, "also those that we have no record of");
  t.end();
});

t.test("our DEL removes the reference's masquerade, and the reference's DEL ours", (t) => {
  const lab = createLab(t);
  const config = network({ ipMasqBackend: "iptables" });
  const [a, b] = [lab.container("a"), lab.container("b")];
  warmUp(lab, config);
  const before = natRules(lab);

  const result = lab.succeed("ADD", "bridge", config, { container: a, cniPath: reference });
  const theirs = natRules(lab);
  t.not(theirs, before);
  lab.succeed("DEL", "bridge", { ...config, prevResult: result }, { container: a, netns: "" });
  t.equal(natRules(lab), before);

  lab.runOnHost(["sh", "-c", "rm -r /var/lib/cni/networks"]);
  a.exec("ip", "link", "delete", "eth0");
  lab.succeed("ADD", "bridge", config, { container: a });
  const anyAddress = (text: string) => text.replaceAll(/-s \S+/g, "-s ADDRESS");
  t.equal(anyAddress(natRules(lab)), anyAddress(theirs), "both make the same rules");
  lab.succeed("DEL", "bridge", config, { container: a, cniPath: reference });
  t.equal(natRules(lab), before);

  lab.succeed("ADD", "bridge", config, { container: b, cniPath: reference });
  const call = { ...config, cniVersion: "1.1.0", "cni.dev/valid-attachments": [] };
  lab.succeed("GC", "bridge", call);
  t.equal(natRules(lab), before, "GC removes it, too");
  t.end();
});

/** As the reference's release 1.6 and later make it with the backend "nftables". */
const theirTable = `
table inet cni_plugins_masquerade {
  comment "Masquerading for plugins from github.com/containernetworking/plugins"
  chain masq_checks {
    ip saddr 10.88.0.2 ip daddr != 10.88.0.0/24 masquerade comment "6fd94d501e58f0aa-287fc69eff0574a2, net: unit-test, if: eth0, id: one"
    ip saddr 10.88.0.3 ip daddr != 10.88.0.0/24 masquerade comment "6fd94d501e58f0aa-d750b2c8f0f25d5f, net: unit-test, if: eth0, id: two"
    ip saddr 10.99.0.3 ip daddr != 10.99.0.0/24 masquerade comment "e25ac3845f8cbe12-d750b2c8f0f25d5f, net: other, if: eth0, id: two"
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip daddr 224.0.0.0/4 return
    goto masq_checks
  }
}
`;

t.test("our DEL and GC remove what the reference masqueraded by nftables", (t) => {
  const lab = createLab(t);
  lab.host.tryExec(["nft", "-f", "-"], { stdin: theirTable });
  const config = network({ name: "unit-test", cniVersion: "1.1.0" });
  const ids = () =>
    [...lab.host.exec("nft", "list", "ruleset").matchAll(/net: .*(?=")/g)].join("; ");
  lab.succeed("DEL", "bridge", config, { containerId: "one", netns: "" });
  t.equal(ids(), "net: unit-test, if: eth0, id: two; net: other, if: eth0, id: two");
  const valid = [{ containerID: "two", ifname: "eth0" }];
  lab.succeed("GC", "bridge", { ...config, "cni.dev/valid-attachments": valid });
  t.equal(ids(), "net: unit-test, if: eth0, id: two; net: other, if: eth0, id: two");
  lab.succeed("GC", "bridge", config);
  t.equal(ids(), "net: other, if: eth0, id: two");
  t.end();
});
