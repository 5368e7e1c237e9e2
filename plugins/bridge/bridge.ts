import { announceAddresses, configureInterface } from "../../lib/cni/container-interface.ts";
import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import {
  discrepancy,
  expectAddresses,
  expectLink,
  expectRoutes,
  requireContainerInterface,
  requirePrevResult,
} from "../../lib/cni/expectations.ts";
import { describeLease, type Lease, parseLease } from "../../lib/cni/lease.ts";
import { formatOwner, parseOwner } from "../../lib/cni/link-owner.ts";
import type {
  AddRequest,
  Attachment,
  CheckRequest,
  DelRequest,
  GcRequest,
  Plugin,
  Request,
} from "../../lib/cni/plugin.ts";
import type { Interface, Result } from "../../lib/cni/result.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import { createVethPair, findVethsOf, type VethPair } from "../../lib/kernel/veth.ts";
import { attemptAll } from "../../lib/undo.ts";
import { type BridgeConfig, parseBridgeConfig } from "./config.ts";
import { ensureBridge, expectBridge, findBridge } from "./device.ts";
import {
  ensureForwarding,
  ensureGatewayAddresses,
  expectGatewayAddresses,
  gatewayAddresses,
  planGateways,
} from "./gateway.ts";
import {
  expectRules,
  expectUsableRules,
  masquerade,
  pruneRules,
  refuseForeignMac,
  removeRules,
} from "./packet-rules.ts";
import { expectPort, setUpPort, waitForPort } from "./port.ts";
import { bridgeShape } from "./schema.ts" with { type: "macro" };
import { ensureVlanGateway, findVlanGateway } from "./vlan-gateway.ts";

/** Connects a container to a bridge on the host with a veth pair. */
export const bridge: Plugin<BridgeConfig> = {
  parseConfig: parseBridgeConfig,
  add,
  check,
  del,
  gc,
  status,
  profile: () => ({ kind: "interface", shape: bridgeShape() }),
};

/** The container's place in the list of a result's interfaces: bridge, host end, container end. */
const CONTAINER_INTERFACE = 2;

function add(request: AddRequest<BridgeConfig>): Result {
  const { config, attachment, host, container, ipam, undo } = request;
  const { device, veth } = plugIn(request);
  setUpPort(host, veth.hostEnd, config);
  if (config.refusesForeignMac) refuseForeignMac(host, attachment, veth, undo);

  const granted = ipam.add(); // empty on a layer 2 network, which has no IPAM
  if (config.hasIpam) undo.push("release the lease", () => ipam.del());
  const lease = planGateways(requireLease(granted, config), config);

  if (!config.leaveContainerDown) bringUp(request, veth, lease);
  const gateway = config.isGateway ? becomeGateway(request, device, lease) : undefined;
  if (config.masquerades) masquerade(request, lease);

  const interfaces = [
    // Read anew: a bridge's MTU may have followed that of its new port.
    describeLink(host.links.get(device.index)),
    describeLink(veth.hostEnd),
    { ...describeLink(veth.containerEnd), sandbox: container.path },
    ...(gateway === undefined || gateway.index === device.index ? [] : [describeLink(gateway)]),
  ];
  const dns = config.dns ?? granted.dns;
  return { interfaces, ...describeLease(lease, CONTAINER_INTERFACE), ...(dns && { dns }) };
}

const ATTEMPTS = 5;

/** Makes the bridge be there, and the veth pair with its host end a port of it. */
function plugIn(request: AddRequest<BridgeConfig>): { device: Link; veth: VethPair } {
  const { config, host, undo } = request;
  for (let attempt = 1; ; attempt++) {
    const device = ensureBridge(host, config, undo);
    try {
      return { device, veth: createPort(request, device) };
    } catch (error) {
      // A parallel ADD that failed may have removed the bridge that it had made, and nobody joined.
      if (attempt === ATTEMPTS || host.links.find(device.index) !== undefined) throw error;
    }
  }
}

function createPort(request: AddRequest<BridgeConfig>, device: Link): VethPair {
  const { config, attachment, host, container, undo } = request;
  const veth = createVethPair({
    host,
    container,
    name: attachment.ifName,
    mtu: config.mtu ?? device.mtu,
    mac: config.mac,
    master: device.index,
    owner: formatOwner(attachment),
  });
  undo.push(`delete veth pair "${veth.hostEnd.name}"`, () => host.links.remove(veth.hostEnd));
  return veth;
}

function requireLease(granted: Result, { hasIpam }: BridgeConfig): Lease {
  const lease = parseLease(granted);
  if (!hasIpam || lease.ips.length > 0) return lease;
  throw new CniError(ErrorCode.invalidConfig, "IPAM plugin returned missing IP config");
}

/** Gives the container end its addresses and routes, and lets the network know. */
function bringUp(request: AddRequest<BridgeConfig>, veth: VethPair, lease: Lease): void {
  const { config, host, container } = request;
  const { hostEnd, containerEnd } = veth;
  const { detectDuplicates } = config;
  if (config.hasIpam) configureInterface(container, containerEnd, { lease, detectDuplicates });
  else container.links.set(containerEnd, { isUp: true });
  waitForPort(host, hostEnd);
  if (config.hasIpam) announceAddresses(container, containerEnd);
}

/** @returns the link that has the gateway addresses: the bridge, or its interface in the VLAN */
function becomeGateway(request: AddRequest<BridgeConfig>, device: Link, lease: Lease): Link {
  const { config, host, undo } = request;
  const { forceAddress, vlans } = config;
  const gateway = vlans?.pvid === undefined ? device : ensureVlanGateway(host, device, vlans, undo);
  const addresses = gatewayAddresses(lease);
  ensureGatewayAddresses(host, gateway, addresses, { forceAddress, undo });
  ensureForwarding(host, addresses);
  return gateway;
}

function describeLink({ name, mac, mtu }: Link): Interface {
  return { name, mac, mtu };
}

function check(request: CheckRequest<BridgeConfig>): void {
  const { config, attachment, host, container, ipam } = request;
  ipam.check();
  const result = requirePrevResult(request.prevResult);
  const { interfaces = [] } = result;

  const device = expectLink(host, requireBridgeEntry(interfaces, config), "bridge");
  expectBridge(device, config);

  const entry = requireContainerInterface(result, attachment, container);
  const containerEnd = expectLink(container, entry, "veth");
  expectPort(findPort(host, interfaces, containerEnd), device, config);

  const lease = parseLease(result);
  expectAddresses(container, containerEnd, lease);
  expectRoutes(container, lease);
  expectRules(host, attachment, lease, config);
  if (config.isGateway) {
    const gateway =
      config.vlans?.pvid === undefined ? device : findVlanGateway(host, device, config.vlans);
    if (gateway !== undefined) expectGatewayAddresses(host, gateway, gatewayAddresses(lease));
  }
}

/** An entry of the result that is on the host, not in a container. */
function isOnHost({ sandbox }: Interface): boolean {
  return sandbox === undefined || sandbox === "";
}

function requireBridgeEntry(
  interfaces: readonly Interface[],
  { bridge: name }: BridgeConfig,
): Interface {
  const entry = interfaces.find((each) => each.name === name && isOnHost(each));
  if (entry !== undefined) return entry;
  throw discrepancy(`bridge interface "${name}" is missing in prevResult`);
}

/** @returns the host end: the one that prevResult names and that is the container end's peer */
function findPort(host: Netns, interfaces: readonly Interface[], containerEnd: Link): Link {
  for (const entry of interfaces.filter(isOnHost)) {
    const link = host.links.find(entry.name);
    if (link?.kind === "veth" && link.index === containerEnd.parent)
      return expectLink(host, entry, "veth");
  }
  throw discrepancy(`no interface in prevResult is the peer of "${containerEnd.name}" on the host`);
}

function del(request: DelRequest<BridgeConfig>): void {
  const { attachment, host, container, ipam } = request;
  attemptAll(
    () => unplug(host, container, attachment),
    () => ipam.del(),
    () => removeRules(request),
  );
}

/** Deleting either end deletes both; without the namespace only the host's can be reached. */
function unplug(host: Netns, container: Netns | undefined, attachment: Attachment): void {
  const containerEnd = container?.links.find(attachment.ifName);
  if (containerEnd !== undefined) container?.links.remove(containerEnd);
  const owner = formatOwner(attachment);
  if (owner === undefined) return;
  for (const link of findVethsOf(host, owner)) host.links.remove(link);
}

function gc(request: GcRequest<BridgeConfig>): void {
  const { network, host, ipam, isValid } = request;
  const stale = host.links.list().filter(({ kind, alias }) => {
    const owner = kind === "veth" ? parseOwner(alias) : undefined;
    return owner?.network === network && !isValid(owner.containerId, owner.ifName);
  });
  attemptAll(
    ...stale.map((link) => () => host.links.remove(link)),
    () => ipam.gc(),
    () => pruneRules(request),
  );
}

function status({ config, host, ipam }: Request<BridgeConfig>): void {
  try {
    findBridge(host, config.bridge);
    expectUsableRules(host, config);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(ErrorCode.unavailable, error.msg, error.details, { cause: error });
  }
  ipam.status();
}
