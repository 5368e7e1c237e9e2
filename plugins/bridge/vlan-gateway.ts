import { randomMac } from "../../lib/ip/mac.ts";
import { isAlreadyThere } from "../../lib/kernel/errors.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import { hostEndName } from "../../lib/kernel/veth.ts";
import type { Undo } from "../../lib/undo.ts";
import { type PortVlans, setPortVlans } from "./vlans.ts";

/**
 * The host's own interface in a VLAN of the bridge: one end of a veth pair, "cni0.100", has the
 * gateway addresses, the other is a port of the bridge in that VLAN. Like the bridge it is shared
 * by all containers of the VLAN and stays when they go.
 */

function gatewayName(bridge: Link, { pvid }: PortVlans): string {
  return `${bridge.name}.${pvid}`;
}

export function findVlanGateway(host: Netns, bridge: Link, vlans: PortVlans): Link | undefined {
  return host.links.find(gatewayName(bridge, vlans));
}

export function ensureVlanGateway(host: Netns, bridge: Link, vlans: PortVlans, undo: Undo): Link {
  const existing = findVlanGateway(host, bridge, vlans);
  if (existing?.isUp === true) return existing;
  if (existing === undefined) createPair(host, bridge, vlans, undo);

  const gateway = host.links.get(gatewayName(bridge, vlans));
  // The port first: what makes the gateway usable comes last, should another ADD look meanwhile.
  setUpGatewayPort(host, bridge, gateway, vlans);
  host.links.set(gateway, { isUp: true });
  return gateway;
}

function createPair(host: Netns, bridge: Link, vlans: PortVlans, undo: Undo): void {
  const name = gatewayName(bridge, vlans);
  try {
    host.links.create({
      kind: "veth",
      name,
      mac: randomMac(),
      mtu: bridge.mtu,
      peer: { name: hostEndName(undefined, 0), mtu: bridge.mtu },
    });
  } catch (error) {
    // A parallel ADD on the same VLAN was quicker.
    if (isAlreadyThere(error)) return;
    throw error;
  }
  undo.push(`remove "${name}"`, () => removeUnshared(host, bridge, name));
}

function setUpGatewayPort(host: Netns, bridge: Link, gateway: Link, vlans: PortVlans): void {
  if (gateway.parent === undefined) return;
  const port = host.links.get(gateway.parent);
  // The kernel gives a master only to that end of a pair which the request is about.
  host.links.set(port, { master: bridge.index });
  setPortVlans(host, port, { ...vlans, tagged: [] });
  host.links.set(port, { isUp: true });
}

/** Other containers may use the gateway by now; they show as ports beside its own and ours. */
function removeUnshared(host: Netns, bridge: Link, name: string): void {
  const links = host.links.list();
  const gateway = links.find((link) => link.name === name);
  const ports = links.filter(({ master }) => master === bridge.index);
  if (gateway !== undefined && ports.length <= 2) host.links.remove(gateway);
}
