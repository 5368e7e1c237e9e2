import t from "tap";
import { advertiseRouter } from "../../support/attacks.ts";
import { createLab } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import { waitFor } from "../../support/wait.ts";

t.setTimeout(570_000);

const ipv4 = [{ subnet: "10.88.0.0/24" }];
const ipv6 = [{ subnet: "fd00:88::/64" }];

function networkOf(...ranges: readonly unknown[]) {
  const ipam = { type: "host-local", ranges };
  return {
    cniVersion: "1.0.0",
    name: "net",
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipam,
  };
}

/** @returns how many advertisements have arrived at a node, whatever it made of them */
function countReceived(node: Namespace): number {
  const counters = node.exec("cat", "/proc/net/snmp6");
  return Number(/^Icmp6InRouterAdvertisements\s+(\d+)$/m.exec(counters)?.[1]);
}

async function advertiseUntilHeard(attacker: Namespace, node: Namespace): Promise<void> {
  const before = countReceived(node);
  await waitFor("the node to hear the advertisement", () => {
    advertiseRouter(attacker);
    return countReceived(node) > before;
  });
}

/** @returns the node's routes and addresses that come from an advertisement */
function learned(node: Namespace): string {
  return node.shell(`
    ip -6 route show proto ra
    ip -6 route show default
    ip -6 address show to 2001:db8:bad::/48
  `);
}

for (const [what, config] of [
  ["IPv4 only", networkOf(ipv4)],
  ["IPv6 only", networkOf(ipv6)],
  ["both families", networkOf(ipv4, ipv6)],
] as const) {
  t.test(`a container cannot make itself the node's router: ${what}`, async (t) => {
    const lab = createLab(t);
    const container = lab.container("a");
    // As it is on nodes that have their own addresses from a router, and forward packets.
    lab.host.shell("sysctl -q net.ipv6.conf.default.accept_ra=2 net.ipv6.conf.all.accept_ra=2");
    lab.succeed("ADD", "bridge", config, { container });
    await advertiseUntilHeard(container, lab.host);
    t.equal(learned(lab.host), "");

    lab.host.shell("sysctl -q net.ipv6.conf.cni0.accept_ra=2");
    await advertiseUntilHeard(container, lab.host);
    t.match(learned(lab.host), "default via fe80::", "without the setting it could");
  });
}
