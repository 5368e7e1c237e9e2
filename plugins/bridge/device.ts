import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import { parseMac, randomMac } from "../../lib/ip/mac.ts";
import { isAlreadyThere, isErrno } from "../../lib/kernel/errors.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import type { Undo } from "../../lib/undo.ts";
import type { BridgeConfig } from "./config.ts";

/**
 * The bridge itself. All networks that name it share it, and it outlives its ports: DEL leaves it,
 * as the reference does, and a failed ADD removes one that it made only if nobody else joined.
 */

type DeviceConfig = Pick<BridgeConfig, "bridge" | "mtu" | "isPromiscuous" | "vlans">;

/**
 * Makes the bridge exist as configured, up.
 *
 * @throws {CniError} when another kind of link has its name
 */
export function ensureBridge(host: Netns, config: DeviceConfig, undo: Undo): Link {
  const existing = findBridge(host, config.bridge);
  if (existing !== undefined && !host.links.hasOwnMac(existing)) pinMac(host, existing);
  const bridge = existing ?? createBridge(host, config, undo);
  if (config.vlans !== undefined) requireVlanFiltering(host, bridge);

  const isPromiscuous = config.isPromiscuous && !bridge.isPromiscuous;
  // Kept by the kernel although ports with other MTUs come and go, as one given at creation is not.
  const mtu = existing === undefined && config.mtu === undefined ? uplinkMtu(host) : undefined;
  refuseRouterAdvertisements(host, bridge.name);
  if (!bridge.isUp || isPromiscuous) {
    // The MAC address that it has stays when it is set, and systemd-udevd leaves it alone. Set at
    // creation it would take the carrier, and with it the address fe80::/64, until there is a port.
    const mac = existing === undefined ? parseMac(bridge.mac) : undefined;
    host.links.set(bridge, {
      isUp: true,
      ...(mac !== undefined && { mac }),
      ...(isPromiscuous && { isPromiscuous }),
      ...(mtu !== undefined && { mtu }),
    });
  }
  return mtu === undefined ? bridge : { ...bridge, mtu };
}

/** @returns undefined when there is none; throws when the name belongs to something else */
export function findBridge(host: Netns, name: string): Link | undefined {
  const link = host.links.find(name);
  if (link === undefined || link.kind === "bridge") return link;
  throw new CniError(
    ErrorCode.invalidConfig,
    `"${name}" already exists but is not a bridge: it is ${link.kind === "" ? "a device" : `a ${link.kind}`}`,
  );
}

function createBridge(host: Netns, config: DeviceConfig, undo: Undo): Link {
  const { bridge: name, mtu } = config;
  const undoIt = () => undo.push(`remove bridge "${name}"`, () => removeUnused(host, name));
  try {
    host.links.create({
      kind: "bridge",
      name,
      ...(mtu !== undefined && { mtu }),
    });
    undoIt();
  } catch (error) {
    if (!isAlreadyThere(error)) {
      undoIt(); // what failed can be the answer rather than the request
      throw error;
    }
  }
  const bridge = findBridge(host, name);
  if (bridge !== undefined) return bridge;
  throw new CniError(ErrorCode.tryAgainLater, `bridge "${name}" was removed while it was set up`);
}

/**
 * Gives a bridge that somebody else made the MAC address that it has now, for good. Otherwise it
 * takes that of a port, another one when the port goes, and none at all after the last.
 */
function pinMac(host: Netns, bridge: Link): void {
  const mac = parseMac(bridge.mac);
  const isNone = mac === undefined || mac.every((byte) => byte === 0);
  host.links.set(bridge, { mac: isNone ? randomMac() : mac });
}

/** What the default route's link can carry, the containers' packets can have. */
function uplinkMtu(host: Netns): number | undefined {
  const index = host.routes.findDefaultLink();
  return index === undefined ? undefined : host.links.find(index)?.mtu;
}

function removeUnused(host: Netns, name: string): void {
  const links = host.links.list();
  const bridge = links.find((link) => link.name === name);
  if (bridge === undefined || links.some(({ master }) => master === bridge.index)) return;
  host.links.remove(bridge);
}

/**
 * Turns VLAN filtering on where it is off. Ports of containers go on in VLAN 1, which the kernel
 * puts them in; a port to somewhere else may be a trunk, which would go dead.
 */
function requireVlanFiltering(host: Netns, bridge: Link): void {
  if (bridge.vlanFiltering === true) return;
  refuseForeignPorts(host, bridge);
  try {
    host.links.configureKind(bridge, { kind: "bridge", vlanFiltering: true });
  } catch (error) {
    if (!isErrno(error, "EOPNOTSUPP")) throw error;
    throw new CniError(
      ErrorCode.unsupportedField,
      `cannot use "vlan" or "vlanTrunk" on bridge "${bridge.name}": this kernel's bridges cannot ` +
        "filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)",
    );
  }
}

function refuseForeignPorts(host: Netns, bridge: Link): void {
  const ports = host.links.list().filter(({ master }) => master === bridge.index);
  const foreign = ports.find(({ kind }) => kind !== "veth");
  if (foreign === undefined) return;
  throw new CniError(
    ErrorCode.invalidConfig,
    `cannot use "vlan" or "vlanTrunk" on bridge "${bridge.name}": it does not filter VLANs, and ` +
      `turning that on could cut off its port "${foreign.name}"; if it may, run ` +
      `"ip link set ${bridge.name} type bridge vlan_filtering 1"`,
  );
}

/** A container must not become the host's router by announcing itself as one (CVE-2020-10749). */
export function refuseRouterAdvertisements(host: Netns, name: string): void {
  host.sysctls.prefer({ [`net/ipv6/conf/${name}/accept_ra`]: "0" });
}

/** For CHECK. */
export function expectBridge(bridge: Link, config: DeviceConfig): void {
  if (config.isPromiscuous && !bridge.isPromiscuous) {
    throw discrepancy(`bridge interface "${bridge.name}" should be promiscuous and is not`);
  }
  if (!bridge.isUp) throw discrepancy(`bridge interface "${bridge.name}" is down`);
}
