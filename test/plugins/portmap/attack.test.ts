import t from "tap";
import { reachLoopbackOver } from "../../support/attacks.ts";
import { createLab, type Lab } from "../../support/lab.ts";
import { ask, askAll, type Endpoint, serve } from "../../support/traffic.ts";
import { backends, publish, publishingNetwork } from "./networks.ts";

t.setTimeout(170_000);

const protocols = ["tcp", "udp"] as const;

function both(address: string, port: number): Endpoint[] {
  return protocols.map((protocol) => ({ protocol, address, port }));
}

/** The bridge's link-local address takes a second to be usable, and is needed to find neighbours. */
function waitForIpv6(lab: Lab): void {
  if (!lab.host.reaches("fd00:88::2")) throw new Error("The container does not answer");
}

for (const backend of backends) {
  t.test(`${backend}: a published port does not catch what is sent elsewhere`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside } = lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }, { ipMasq: false }));
    const [web, client] = [lab.container("web"), lab.container("client")];
    const elsewhere = ["192.0.2.9", "2001:db8:9::9"];
    const notHere = [`${elsewhere[0]}:5300:53`, `[${elsewhere[1]}]:5300:53`];
    chain.add(
      web,
      publish("53:53/tcp", "53:53/udp", ...notHere, ...notHere.map((each) => `${each}/udp`)),
    );
    chain.add(client);
    outside.shell(`
      ip address add ${elsewhere[0]}/32 dev lo
      ip address add ${elsewhere[1]}/128 dev lo nodad
      ip route add 10.88.0.0/24 via 198.51.100.1
      ip -6 route add fd00:88::/64 via 2001:db8:100::1
      sysctl -q net.ipv6.conf.all.forwarding=1
    `);
    const ports = [53, 5300];
    await serve(t, outside, ...elsewhere.flatMap((a) => ports.flatMap((port) => both(a, port))));
    await serve(t, web, ...both("0.0.0.0", 53), ...both("::", 53));
    waitForIpv6(lab);

    for (const from of [client, lab.host]) {
      const asked = elsewhere.flatMap((address) => ports.flatMap((port) => both(address, port)));
      const answers = askAll(from, asked);
      for (const [index, { address, port, protocol }] of asked.entries()) {
        const text = `${from.role} asks ${address} ${port}/${protocol}`;
        t.not(answers[index], undefined, `${text} and gets an answer`);
        // The container would have seen an address of the bridge's network in every case.
        const own =
          from === client ? /^(10\.88\.|fd00:88)/ : /^(198\.51\.100\.1$|2001:db8:100::1$)/;
        t.match(answers[index]?.address, own, `${text}, who is asked themselves`);
      }
    }
    const local = askAll(client, [...both("198.51.100.1", 53), ...both("2001:db8:100::1", 53)]);
    t.notOk(local.includes(undefined), "the container answers for this node's own addresses");
  });

  t.test(`${backend}: 127.0.0.1 stays out of reach for neighbours and containers`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4, uplink } = lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const [web, client] = [lab.container("web"), lab.container("client")];
    await serve(t, lab.host, ...both("127.0.0.1", 9000));
    chain.add(web, publish("127.0.0.1:8080:80", "127.0.0.1:8080:80/udp", "8081:80", "8081:80/udp"));
    chain.add(client);
    await serve(t, web, ...both("0.0.0.0", 80));
    t.notOk(askAll(lab.host, both("127.0.0.1", 8080)).includes(undefined), "the node reaches it");
    t.notOk(askAll(lab.host, both("127.0.0.1", 9000)).includes(undefined));

    // 127.0.0.1 as an address on the link: to the node's MAC address, past the own loopback.
    for (const [attacker, gateway] of [
      [outside, hostIpv4],
      [client, "10.88.0.1"],
    ] as const) {
      reachLoopbackOver(attacker, gateway);
      const open = askAll(attacker, [...both("127.0.0.1", 9000), ...both("127.0.0.1", 8080)], 0.5);
      t.same(open, [undefined, undefined, undefined, undefined], `${attacker.role} gets no answer`);
      const spoofed = attacker.tryExec([
        "busybox",
        "nc",
        "-w1",
        "-s",
        "127.0.0.2",
        gateway,
        "9000",
      ]);
      t.not(spoofed.exitCode, 0, `${attacker.role} cannot pretend to be the node`);
    }
    // Without the guard they would: that is what makes the silence above worth something.
    lab.host.shell(
      backend === "nftables"
        ? "nft flush chain inet patchbay loopback_guard"
        : "iptables -t mangle -F CNI-HOSTPORT-GUARD",
    );
    t.notOk(askAll(client, both("127.0.0.1", 9000)).includes(undefined), "the attack is real");
    t.equal(lab.host.exec("cat", `/proc/sys/net/ipv4/conf/${uplink}/route_localnet`).trim(), "0");
  });

  t.test(`${backend}: nothing beyond the published port becomes reachable`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4, hostIpv6 } = lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const web = lab.container("web");
    await serve(t, web, ...both("0.0.0.0", 80), ...both("0.0.0.0", 81), ...both("::", 81));
    chain.add(web, publish("80:80/tcp"));
    t.match(ask(outside, { protocol: "tcp", address: hostIpv4, port: 80 }), {}, "it is published");
    const closed = [
      { protocol: "udp" as const, address: hostIpv4, port: 80 },
      ...both(hostIpv4, 81),
      ...both(hostIpv6, 81),
    ];
    t.same(
      askAll(outside, closed, 0.5),
      closed.map(() => undefined),
    );
  });

  t.test(`${backend}: whoever knows more of a packet than its port comes first`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4 } = lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const [web, service] = [lab.container("web"), lab.container("service")];
    chain.add(web, publish("80:80", "81:80"));
    chain.add(service);
    // As kube-proxy does for an external address of a service that is one of the node's.
    const rule = `-t nat -A KUBE-SERVICES -d ${hostIpv4} -p tcp --dport 80 -j DNAT --to 10.88.0.3:80`;
    lab.host.shell(`
      iptables -t nat -N KUBE-SERVICES
      iptables -t nat -I PREROUTING 1 -j KUBE-SERVICES
      iptables ${rule}
    `);
    await serve(t, service, { protocol: "tcp", address: "0.0.0.0", port: 80 });
    t.match(
      ask(outside, { protocol: "tcp", address: hostIpv4, port: 80 }),
      {},
      "the service answers",
    );
    t.equal(ask(outside, { protocol: "tcp", address: hostIpv4, port: 81 }, 0.5), undefined);
  });
}
