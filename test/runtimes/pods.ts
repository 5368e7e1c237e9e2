import { isIPv6 } from "node:net";
import type { Test } from "tap";
import type { Namespace } from "../support/namespace.ts";
import { ask, serve } from "../support/traffic.ts";
import { webPort } from "./image.ts";
import type { Machine } from "./machine.ts";

/** A container of the image on a network, whichever runtime runs it. */
export interface Pod {
  /** What its web server says. */
  readonly name: string;
  readonly netns: Namespace;
  /** One of each family. */
  readonly addresses: readonly string[];
}

/** @returns the addresses of a pod's interface */
export function addressesOf(netns: Namespace, ifName = "eth0"): string[] {
  const [link] = netns.ip("address", "show", "dev", ifName, "scope", "global");
  const addresses = link?.["addr_info"];
  if (!Array.isArray(addresses)) throw new Error(`${netns.role} has no ${ifName}`);
  return addresses.map(({ local }) => local).filter((local) => local !== undefined);
}

const request = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | timeout 5 busybox nc -w 3 "$0" "$1"`;

/** @returns whether a container's web server answers, as it does a moment after the start */
export function isServing(netns: Namespace): boolean {
  return visit(netns, "127.0.0.1") !== undefined;
}

/** Asks a container of the image for its name. @returns it, and whom the container saw, or undefined */
export function visit(from: Namespace, address: string, port = webPort): Visit | undefined {
  const { stdout } = from.tryExec(["sh", "-c", request, address, `${port}`]);
  const body = stdout.split("\r\n\r\n")[1];
  if (body === undefined || body === "") return undefined;
  const { server, client } = JSON.parse(body);
  return { server, client: client.replace(/^\[(::ffff:)?|\]$/g, "") };
}

interface Visit {
  readonly server: string;
  readonly client: string;
}

/** Every pod and every other, the node, and the world outside reach each other, in both families. */
export function expectConnected(t: Test, machine: Machine, pods: readonly Pod[]): void {
  const outside = machine.lab.outside();
  for (const pod of pods) {
    for (const other of pods) {
      for (const [index, address] of other.addresses.entries()) {
        const expected = { server: other.name, client: pod.addresses[index] };
        t.same(
          visit(pod.netns, address),
          expected,
          `${pod.name} reaches ${other.name} at ${address}`,
        );
      }
    }
    for (const address of pod.addresses) {
      t.equal(visit(machine.lab.host, address)?.server, pod.name, `the node reaches ${address}`);
    }
    const families = pod.addresses.some((address) => isIPv6(address)) ? [4, 6] : [4];
    for (const family of families) {
      const [there, node] =
        family === 6 ? [outside.ipv6, outside.hostIpv6] : [outside.ipv4, outside.hostIpv4];
      t.ok(pod.netns.reaches(node), `${pod.name} reaches the node at ${node}`);
      t.ok(pod.netns.reaches(there), `${pod.name} reaches ${there}, outside`);
    }
  }
}

export interface Publication {
  readonly pod: Pod;
  /** Another one on the same node. */
  readonly neighbour: Pod;
  readonly hostPort: number;
  /** Where in the pod a test has to serve UDP itself; the image serves TCP. */
  readonly udpPort?: number;
}

/** A published port answers wherever it is asked: on the node, in pods, and from outside. */
export async function expectPublished(t: Test, machine: Machine, publication: Publication) {
  const { pod, neighbour, hostPort, udpPort } = publication;
  if (udpPort !== undefined) {
    const endpoint = { protocol: "udp", port: udpPort } as const;
    await serve(t, pod.netns, ...pod.addresses.map((address) => ({ ...endpoint, address })));
  }
  const { namespace: outside, hostIpv4, hostIpv6 } = machine.lab.outside();
  const nodes = pod.addresses.map((address) => (isIPv6(address) ? hostIpv6 : hostIpv4));
  const places: [string, Namespace, readonly string[]][] = [
    ["the node", machine.lab.host, [...nodes, "127.0.0.1"]],
    ["another pod", neighbour.netns, nodes],
    ["the pod itself", pod.netns, nodes],
    ["outside", outside, nodes],
  ];
  const protocol = udpPort === undefined ? "TCP" : "UDP";
  for (const [place, from, addresses] of places) {
    for (const address of addresses) {
      const answers =
        udpPort === undefined
          ? visit(from, address, hostPort)?.server === pod.name
          : ask(from, { protocol: "udp", address, port: hostPort }) !== undefined;
      t.ok(answers, `${protocol} port ${hostPort} of ${address} answers when ${place} asks`);
    }
  }
}

/**
 * What is left of flows takes packets to an address that another pod may have by then.
 *
 * @returns the flows of pods that a node remembers, as conntrack shows them
 */
export function flowsOf(machine: Machine, pods: readonly Pod[]): string[] {
  const addresses = pods.flatMap(({ addresses }) => addresses);
  const lines = ["ipv4", "ipv6"].flatMap((family) =>
    machine.lab.host.exec("conntrack", "--dump", "--family", family).split("\n"),
  );
  return lines.filter((line) => addresses.some((address) => line.includes(`=${address} `)));
}
