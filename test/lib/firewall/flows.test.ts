import t from "tap";
import { publish, publishingNetwork } from "../../plugins/portmap/networks.ts";
import type { Conflist } from "../../support/chain.ts";
import { createLab, type Lab } from "../../support/lab.ts";
import { ask, serve } from "../../support/traffic.ts";

/** What the kernel remembers of a container's connections goes with the container. */

t.setTimeout(170_000);

const backends = ["nftables", "iptables"] as const;

/** Its containers get 10.88.0.2 and fd00:88::2, 10.88.0.3 and fd00:88::3, and so on. */
function masqueradingNetwork(backend: string): Conflist {
  const { plugins, ...network } = publishingNetwork(
    { backend },
    { ipMasq: true, ipMasqBackend: backend, hairpinMode: true },
  );
  return { ...network, cniVersion: "1.1.0", plugins };
}

const icmp = {
  4: "icmp --icmp-type 8 --icmp-code 0",
  6: "icmpv6 --icmpv6-type 128 --icmpv6-code 0",
};

let number = 4000;

/** Makes the host remember flows of some protocols from one address to another, and who answers. */
function remember(lab: Lab, from: string, to: string, answers = to, answered = from): void {
  number += 1;
  const addresses = `-s ${from} -d ${to} -r ${answers} -q ${answered} -t 600`;
  const ports = `--sport ${number} --dport 80 --reply-port-src 80 --reply-port-dst ${number}`;
  const [ping, id] = from.includes(":") ? [icmp[6], "--icmpv6-id"] : [icmp[4], "--icmp-id"];
  lab.host.shell(`
    conntrack -I ${addresses} -p tcp ${ports} --state ESTABLISHED
    conntrack -I ${addresses} -p udp ${ports}
    conntrack -I ${addresses} -p ${ping} ${id} ${number}
  `);
}

/** @returns protocol, source and destination of the flows that the host remembers */
function flows(lab: Lab): string[] {
  const list = lab.host.shell("conntrack -L -f ipv4; conntrack -L -f ipv6");
  return list
    .split("\n")
    .map((line) => /^(tcp|udp|icmp|icmpv6) .*? src=(\S+) dst=(\S+)/.exec(line)?.slice(1).join(" "))
    .filter((flow) => flow !== undefined)
    .sort();
}

function rememberOthers(lab: Lab): string[] {
  remember(lab, "10.88.0.3", "198.51.100.2", "198.51.100.2", "198.51.100.1");
  remember(lab, "10.88.0.22", "10.88.0.3");
  remember(lab, "198.51.100.2", "198.51.100.1", "10.88.0.3");
  remember(lab, "198.51.100.2", "198.51.100.1");
  remember(lab, "fd00:88::3", "2001:db8:100::2", "2001:db8:100::2", "2001:db8:100::1");
  remember(lab, "fd00:88::22", "fd00:88::3");
  return flows(lab);
}

for (const backend of backends) {
  t.test(`${backend}: none of a container's flows outlives it, and all others do`, (t) => {
    const lab = createLab(t);
    lab.outside();
    const chain = lab.chain(masqueradingNetwork(backend));
    const web = lab.container("web");
    chain.add(web, publish("8080:80"));
    const others = rememberOthers(lab);
    remember(lab, "10.88.0.2", "198.51.100.2", "198.51.100.2", "198.51.100.1");
    remember(lab, "198.51.100.2", "10.88.0.2");
    remember(lab, "198.51.100.2", "198.51.100.1", "10.88.0.2");
    remember(lab, "10.88.0.3", "10.88.0.1", "10.88.0.2", "10.88.0.1");
    remember(lab, "fd00:88::2", "2001:db8:100::2", "2001:db8:100::2", "2001:db8:100::1");
    remember(lab, "2001:db8:100::2", "2001:db8:100::1", "fd00:88::2");
    t.not(flows(lab).length, others.length);
    chain.del(web, { netns: "" });
    t.same(flows(lab), others);
    t.end();
  });

  t.test(`${backend}: GC ends the flows of containers that are gone`, (t) => {
    const lab = createLab(t);
    lab.outside();
    const chain = lab.chain(masqueradingNetwork(backend));
    chain.add(lab.container("web"), publish("8080:80"));
    const others = rememberOthers(lab);
    remember(lab, "10.88.0.2", "198.51.100.2", "198.51.100.2", "198.51.100.1");
    remember(lab, "198.51.100.2", "198.51.100.1", "10.88.0.2");
    remember(lab, "fd00:88::2", "2001:db8:100::2");
    for (const { exitCode } of chain.gc()) t.equal(exitCode, 0);
    t.same(flows(lab), others);
    t.end();
  });

  t.test(`${backend}: without masquerade, the flows through published ports end`, (t) => {
    const lab = createLab(t);
    lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const web = lab.container("web");
    chain.add(web, publish("8080:80"));
    const others = rememberOthers(lab);
    remember(lab, "198.51.100.2", "198.51.100.1", "10.88.0.2");
    remember(lab, "2001:db8:100::2", "2001:db8:100::1", "fd00:88::2");
    chain.del(web);
    t.same(flows(lab), others);
    t.end();
  });

  t.test(`${backend}: what was really sent is forgotten`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, ipv4, ipv6, hostIpv4, hostIpv6 } = lab.outside();
    const chain = lab.chain(masqueradingNetwork(backend));
    const [web, other] = [lab.container("web"), lab.container("other")];
    chain.add(web, publish("8080:80", "5353:53/udp"));
    chain.add(other);
    await serve(
      t,
      web,
      ...["0.0.0.0", "::"].flatMap((address) => [
        { protocol: "tcp" as const, address, port: 80 },
        { protocol: "udp" as const, address, port: 53 },
      ]),
    );
    t.ok(web.reaches(ipv4) && web.reaches(ipv6) && other.reaches(ipv4));
    for (const [from, address] of [
      [outside, hostIpv4],
      [outside, hostIpv6],
      [other, hostIpv4],
      [web, hostIpv4],
      [lab.host, "127.0.0.1"],
    ] as const) {
      t.ok(ask(from, { protocol: "tcp", address, port: 8080 }), `8080 of ${address}`);
      t.ok(ask(from, { protocol: "udp", address, port: 5353 }), `5353 of ${address}`);
    }
    const own = () =>
      lab.host
        .shell("conntrack -L -f ipv4; conntrack -L -f ipv6")
        .split("\n")
        .filter((line) => /=(10\.88\.0\.2|fd00:88::2) /.test(line));
    t.not(own().length, 0);
    chain.del(web);
    t.same(own(), []);
    t.ok(flows(lab).some((flow) => flow.startsWith("icmp 10.88.0.3 ")));
  });
}
