import t from "tap";
import { createLab, type Lab, reference } from "../../support/lab.ts";
import { call, configOf, makeBridge, type Published, succeed } from "./host.ts";

t.setTimeout(170_000);

const ports = ["8080:80", "8081:81/udp", "192.0.2.1:8082:82"];
/** Debian's release of the reference suite knows one backend, and versions up to this one. */
const config = { cniVersion: "1.0.0", backend: "iptables" };
const variants = ["legacy", "nft"] as const;

/** Makes plain `iptables`, as the reference calls it, one of the two kinds. */
function choose(
  lab: Lab,
  variant: string,
): { add(published: Published): void; del(p: Published): void } {
  const names = ["iptables", "iptables-save", "iptables-restore"];
  const all = [...names, ...names.map((name) => name.replace("ip", "ip6"))];
  const folder = `${lab.stateDir}/bin`;
  lab.host.shell(`
    mkdir -p ${folder}
    for name in ${all.join(" ")}; do
      ln -sf /usr/sbin/xtables-${variant === "nft" ? "nft" : "legacy"}-multi ${folder}/$name
    done
  `);
  const run = (verb: "ADD" | "DEL", published: Published) => {
    const { exitCode, stdout, stderr } = lab.cni(verb, "portmap", configOf(published), {
      container: published.container,
      cniPath: reference,
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    });
    if (exitCode !== 0) throw new Error(`The reference's ${verb} failed: ${stdout}${stderr}`);
  };
  return { add: (published) => run("ADD", published), del: (published) => run("DEL", published) };
}

function rules(lab: Lab): string {
  const programs = ["iptables", "ip6tables"].flatMap((name) =>
    variants.map((variant) => `${name}-${variant}-save`),
  );
  const list = programs.map((program) => `${program} 2>/dev/null | grep '^-A'`).join("\n");
  return lab.host.shell(`set +e\n${list}\ntrue`);
}

for (const variant of variants) {
  t.test(
    `iptables-${variant}: our DEL removes what the reference published, and only that`,
    (t) => {
      const lab = createLab(t);
      makeBridge(lab);
      const go = choose(lab, variant);
      const [a, b] = [lab.container("a"), lab.container("b")];
      const kept = { container: b, number: 3, ports: ["9090:90"], config };
      const gone = { container: a, ports, config };
      go.add(kept);
      const before = rules(lab);
      go.add(gone);
      t.not(rules(lab), before);
      if (variant === "nft") succeed(lab, "CHECK", gone);
      succeed(lab, "DEL", { container: a, config: { cniVersion: "1.0.0" } });
      t.equal(rules(lab), before);
      succeed(lab, "DEL", { container: b, number: 3, config: { cniVersion: "1.0.0" } });
      t.equal(rules(lab), "", "what all containers shared goes with the last");
      t.end();
    },
  );

  t.test(`iptables-${variant}: GC removes what the reference published`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const go = choose(lab, variant);
    const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
    const kept = { container: a, ports: ["9090:90"], config };
    const foreign = { container: c, network: "admin", number: 4, ports: ["9091:90"], config };
    const stale = { container: b, number: 3, ports, config };
    go.add(kept);
    go.add(foreign);
    const before = rules(lab);
    go.add(stale);
    lab.succeed("GC", "portmap", {
      cniVersion: "1.1.0",
      name: "web",
      type: "portmap",
      "cni.dev/valid-attachments": [{ containerID: "container-a", ifname: "eth0" }],
    });
    t.equal(rules(lab), before);
    t.end();
  });
}

t.test("the reference makes the same rules as our iptables backend, byte for byte", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const container = lab.container("a");
  const settings = [
    {},
    { snat: false },
    { markMasqBit: 5 },
    { externalSetMarkChain: "KUBE-MARK-MASQ" },
    { conditionsV4: ["!", "-s", "192.0.2.0/24"], conditionsV6: ["-i", "eth0"] },
  ];
  const many = Array.from({ length: 18 }, (_, index) => `${7000 + index}:80`);
  for (const setting of settings) {
    const published = { container, ports: [...ports, ...many], config: { ...config, ...setting } };
    lab.host.shell(
      "for i in iptables ip6tables; do $i -t nat -F; $i -t nat -X; $i -t nat -N KUBE-MARK-MASQ; done",
    );
    succeed(lab, "ADD", published, reference);
    const theirs = natRules(lab);
    succeed(lab, "DEL", published, reference);
    lab.host.shell(
      "for i in iptables ip6tables; do $i -t nat -F; $i -t nat -X; $i -t nat -N KUBE-MARK-MASQ; done",
    );
    succeed(lab, "ADD", published);
    t.equal(natRules(lab), theirs, JSON.stringify(setting));
    succeed(lab, "DEL", published);
  }
  t.end();
});

function natRules(lab: Lab): string {
  const all = lab.host.shell("iptables-save -t nat; ip6tables-save -t nat");
  return all.replaceAll(/^#.*\n/gm, "").replaceAll(/\[\d+:\d+\]/g, "");
}

t.test("the reference's DEL removes what our iptables backend published", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const kept = { container: b, number: 3, ports: ["9090:90"], config };
  const gone = { container: a, ports, config };
  succeed(lab, "ADD", kept);
  const before = natRules(lab);
  succeed(lab, "ADD", gone);
  succeed(lab, "DEL", gone, reference);
  t.equal(natRules(lab), before);
  t.end();
});

/** As the reference's release 1.6 and later make them with the backend "nftables". */
const theirTables = `
table ip cni_hostport {
  comment "CNI portmap plugin"
  chain hostports {
    tcp dport 8080 dnat to 10.88.0.2:80 comment "container-a"
    udp dport 8081 dnat to 10.88.0.2:81 comment "container-a"
    ip daddr 192.0.2.1 tcp dport 8082 dnat to 10.88.0.2:82 comment "container-a"
    tcp dport 7070 dnat to 10.89.0.2:70 comment "container-a"
    tcp dport 9090 dnat to 10.88.0.3:90 comment "container-b"
  }
  chain hostip_hostports { }
  chain hostports_all {
    jump hostip_hostports
    jump hostports
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    fib daddr type local jump hostports_all
  }
  chain masquerading {
    type nat hook postrouting priority 100; policy accept;
    ip saddr 10.88.0.2 ip daddr 10.88.0.2 masquerade comment "container-a"
    ip saddr 127.0.0.1 ip daddr 10.88.0.2 masquerade comment "container-a"
    ip saddr 10.88.0.3 ip daddr 10.88.0.3 masquerade comment "container-b"
  }
}
table ip6 cni_hostport {
  chain hostports {
    tcp dport 8080 dnat to [fd00:88::2]:80 comment "container-a"
    udp dport 8081 dnat to [fd00:88::2]:81 comment "container-a"
  }
  chain masquerading {
    type nat hook postrouting priority 100; policy accept;
    ip6 saddr fd00:88::2 ip6 daddr fd00:88::2 masquerade comment "container-a"
  }
}
`;

t.test("our DEL removes what the reference published by nftables, of this attachment", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const published = { container: lab.container("a"), ports };
  const load = (text: string) => {
    lab.host.shell("nft flush ruleset");
    lab.host.tryExec(["nft", "-f", "-"], { stdin: text });
    return lab.host.exec("nft", "list", "ruleset");
  };
  const others = theirTables.replaceAll(/^.*(10\.88\.0\.2|fd00:88::2).*\n/gm, "");
  const wanted = load(others);
  load(theirTables);
  succeed(lab, "CHECK", published);
  succeed(lab, "DEL", published);
  t.equal(lab.host.exec("nft", "list", "ruleset"), wanted);
  t.match(call(lab, "CHECK", published).error, { msg: /not published/ });

  load(theirTables);
  const bare = { cniVersion: "1.0.0", name: "web", type: "portmap" };
  lab.succeed("DEL", "portmap", bare, { container: published.container });
  const left = lab.host.exec("nft", "list", "ruleset");
  t.notMatch(left, "container-a", "without a result, all of the container's rules are meant");
  t.match(left, "container-b");
  t.end();
});
