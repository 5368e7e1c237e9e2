import t, { type Test } from "tap";
import { createLab, type Lab, type Outside } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import { askAll, serve } from "../../support/traffic.ts";
import { backends, publish, publishingNetwork } from "./networks.ts";

t.setTimeout(170_000);

/** Each leads to port 80 of the container "web". */
const ports = { any: 8080, one: 8081, one6: 8082, loopback: 8083 } as const;
const protocols = ["tcp", "udp"] as const;

interface World {
  readonly lab: Lab;
  readonly outside: Outside;
  readonly web: Namespace;
  readonly other: Namespace;
}

function mappings({ hostIpv4, hostIpv6 }: Outside, protocol: string): string[] {
  return [
    `${ports.any}:80/${protocol}`,
    `${hostIpv4}:${ports.one}:80/${protocol}`,
    `[${hostIpv6}]:${ports.one6}:80/${protocol}`,
    `127.0.0.1:${ports.loopback}:80/${protocol}`,
  ];
}

/** Where a packet between two ports of a bridge passes netfilter. */
const bridging = { routed: "0", filtered: "1" } as const;

/** From where, to which address and port, and whom the server sees; undefined for no answer. */
type Case = [from: Namespace, ...Asked];
type Asked = [address: string, port: number, seen: string | undefined];

/** @param neighbour whom the server sees when a container asks that is on the same bridge */
function cases({ lab, outside, web, other }: World, neighbour: readonly [string, string]): Case[] {
  const { namespace, ipv4, ipv6, hostIpv4, hostIpv6 } = outside;
  const { host } = lab;
  const [gateway, gateway6] = ["10.88.0.1", "fd00:88::1"];
  const [other4, other6] = neighbour;
  return [
    [namespace, hostIpv4, ports.any, ipv4],
    [namespace, hostIpv6, ports.any, ipv6],
    [host, hostIpv4, ports.any, hostIpv4],
    [host, hostIpv6, ports.any, hostIpv6],
    [host, "127.0.0.1", ports.any, gateway],
    [other, hostIpv4, ports.any, other4],
    [other, hostIpv6, ports.any, other6],
    [other, gateway, ports.any, other4],
    [web, hostIpv4, ports.any, gateway],
    [web, hostIpv6, ports.any, gateway6],

    [namespace, hostIpv4, ports.one, ipv4],
    [namespace, hostIpv6, ports.one6, ipv6],
    [host, hostIpv4, ports.one, hostIpv4],
    [host, hostIpv6, ports.one6, hostIpv6],
    [other, hostIpv4, ports.one, other4],
    [other, hostIpv6, ports.one6, other6],
    [web, hostIpv4, ports.one, gateway],
    [web, hostIpv6, ports.one6, gateway6],
    [host, "127.0.0.1", ports.one, undefined],
    [other, gateway, ports.one, undefined],
    [other, gateway6, ports.one6, undefined],

    [host, "127.0.0.1", ports.loopback, gateway],
    [namespace, hostIpv4, ports.loopback, undefined],
    [other, hostIpv4, ports.loopback, undefined],
    [host, hostIpv4, ports.loopback, undefined],
  ];
}

for (const backend of backends) {
  for (const [kind, callIptables] of Object.entries(bridging)) {
    const title = `${backend}, packets between containers ${kind}`;
    t.test(`${title}: who reaches a published port, and whom the container sees`, async (t) => {
      const world = await createWorld(t, backend, callIptables);
      const isMasqueraded = backend === "iptables" || kind === "routed";
      const neighbour: readonly [string, string] = isMasqueraded
        ? ["10.88.0.1", "fd00:88::1"]
        : ["10.88.0.3", "fd00:88::3"];
      for (const [from, ...asked] of groupByNamespace(cases(world, neighbour))) {
        const questions = asked.flatMap(([address, port, seen]) =>
          protocols.map((protocol) => ({ endpoint: { protocol, address, port }, seen })),
        );
        const answers = askAll(
          from,
          questions.map(({ endpoint }) => endpoint),
          0.5,
        );
        for (const [index, { endpoint, seen }] of questions.entries()) {
          const { protocol, address, port } = endpoint;
          const message = `${from.role} asks ${address} ${port}/${protocol}`;
          t.equal(answers[index]?.address, seen, message);
        }
      }
    });
  }
}

function groupByNamespace(all: readonly Case[]): [from: Namespace, ...Asked[]][] {
  const namespaces = [...new Set(all.map(([from]) => from))];
  return namespaces.map((from) => [
    from,
    ...all.filter(([each]) => each === from).map(([, ...asked]): Asked => asked),
  ]);
}

async function createWorld(t: Test, backend: string, callIptables: string): Promise<World> {
  const lab = createLab(t);
  const outside = lab.outside();
  lab.host.shell(`
    sysctl -q net.bridge.bridge-nf-call-iptables=${callIptables}
    sysctl -q net.bridge.bridge-nf-call-ip6tables=${callIptables}
  `);
  // Without hairpin mode, a bridge does not send a packet back out of the port it came from.
  const network = publishingNetwork({ backend }, { hairpinMode: callIptables === "1" });
  const chain = lab.chain(network);
  const [web, other] = [lab.container("web"), lab.container("other")];
  chain.add(web, publish(...protocols.flatMap((protocol) => mappings(outside, protocol))));
  chain.add(other);
  const everywhere = ["0.0.0.0", "::"].flatMap((address) =>
    protocols.map((protocol) => ({ protocol, address, port: 80 })),
  );
  await serve(t, web, ...everywhere);
  // The bridge's link-local address takes a second to be usable, and is needed to find neighbours.
  if (!lab.host.reaches("fd00:88::2")) throw new Error("The container does not answer");
  return { lab, outside, web, other };
}
