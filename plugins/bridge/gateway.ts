import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import {
  isDefaultRoute,
  type Lease,
  type LeasedIp,
  type LeasedRoute,
} from "../../lib/cni/lease.ts";
import { offsetAddress } from "../../lib/ip/address.ts";
import { type Cidr, formatCidr, isSameCidr, networkAddress, overlaps } from "../../lib/ip/cidr.ts";
import { isAlreadyThere } from "../../lib/kernel/errors.ts";
import type { LinkRef } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import type { Undo } from "../../lib/undo.ts";
import type { BridgeConfig } from "./config.ts";

type GatewayConfig = Pick<BridgeConfig, "isGateway" | "isDefaultGateway" | "forceAddress">;

/**
 * Plans what the host's role as a gateway adds to a lease: a gateway for each IP (the subnet's
 * first address where IPAM names none), and with `isDefaultGateway` a default route for each
 * family that has none.
 */
export function planGateways(lease: Lease, config: GatewayConfig): Lease {
  const ips = lease.ips.map((ip) => withGateway(ip, config));
  return {
    ips,
    routes: [...lease.routes, ...(config.isDefaultGateway ? defaultRoutes(ips, lease) : [])],
  };
}

function withGateway(ip: LeasedIp, { isGateway }: GatewayConfig): LeasedIp {
  if (ip.gateway !== undefined || !isGateway) return ip;
  return { ...ip, gateway: offsetAddress(networkAddress(ip.cidr), 1) };
}

/** A default route that IPAM gave without a gateway will lead through the same one: see planRoutes. */
function defaultRoutes(ips: readonly LeasedIp[], { routes }: Lease): LeasedRoute[] {
  return ([4, 6] as const).flatMap((family) => {
    const isOfFamily = ({ destination }: LeasedRoute) => destination.address.family === family;
    if (routes.some((route) => isOfFamily(route) && isDefaultRoute(route))) return [];
    const gateway = ips.find((ip) => ip.gateway?.family === family)?.gateway;
    const destination: Cidr = { address: { family, value: 0n }, prefixLength: 0 };
    return gateway === undefined ? [] : [{ destination, gateway }];
  });
}

/** @returns the addresses that the host's side has as the gateway of these IPs, each once */
export function gatewayAddresses({ ips }: Lease): Cidr[] {
  const all = ips.flatMap(({ cidr, gateway }) =>
    gateway === undefined ? [] : [{ address: gateway, prefixLength: cidr.prefixLength }],
  );
  return all.filter((cidr, index) => !all.slice(0, index).some((other) => isSameCidr(cidr, other)));
}

/**
 * Makes `link` have the gateway addresses. An IPv4 network has one gateway, so that any other
 * address contradicts; IPv6 addresses contradict when their subnets overlap.
 *
 * @throws {CniError} when an address contradicts and `forceAddress` is not set
 */
export function ensureGatewayAddresses(
  host: Netns,
  link: LinkRef,
  wanted: readonly Cidr[],
  { forceAddress, undo }: { readonly forceAddress: boolean; readonly undo: Undo },
): void {
  const present = host.addresses.list(link).map(({ cidr }) => cidr);
  for (const cidr of wanted) {
    if (present.some((other) => isSameCidr(other, cidr))) continue;
    const isForeign = (other: Cidr) => !wanted.some((own) => isSameCidr(own, other));
    for (const other of present.filter(
      (candidate) => isForeign(candidate) && contradicts(candidate, cidr),
    )) {
      if (!forceAddress) throw differentAddress(link, cidr, other);
      host.addresses.remove(link, other);
      undo.push(`restore address ${formatCidr(other)}`, () => restoreAddress(host, link, other));
    }
    addGatewayAddress(host, link, cidr, undo);
  }
}

function contradicts(present: Cidr, wanted: Cidr): boolean {
  if (present.address.family !== wanted.address.family) return false;
  return wanted.address.family === 4 || overlaps(present, wanted);
}

function differentAddress({ name }: LinkRef, wanted: Cidr, present: Cidr): CniError {
  return new CniError(
    ErrorCode.invalidConfig,
    `"${name}" already has an IP address different from ${formatCidr(wanted)}: ` +
      `it has ${formatCidr(present)}; remove that, or set "forceAddress" to have it replaced`,
  );
}

/** Usable at once: nobody else on a bridge of our own has it, so nobody needs to be asked. */
function addGatewayAddress(host: Netns, link: LinkRef, cidr: Cidr, undo: Undo): void {
  try {
    host.addresses.add(link, { cidr, skipDad: true });
  } catch (error) {
    // A parallel ADD on the same network was quicker.
    if (isAlreadyThere(error)) return;
    throw error;
  }
  undo.push(`remove address ${formatCidr(cidr)}`, () => removeUnlessShared(host, link, cidr));
}

/** Other containers may have come to rely on the gateway since this ADD made it. */
function removeUnlessShared(host: Netns, link: LinkRef, cidr: Cidr): void {
  const ports = host.links.list().filter(({ master }) => master === link.index);
  if (ports.length <= 1) host.addresses.remove(link, cidr);
}

function restoreAddress(host: Netns, link: LinkRef, cidr: Cidr): void {
  try {
    host.addresses.add(link, { cidr, skipDad: true });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
}

/** Makes the host forward packets of the families that it is a gateway for. Never undone. */
export function ensureForwarding(host: Netns, gateways: readonly Cidr[]): void {
  const has = (family: 4 | 6) => gateways.some(({ address }) => address.family === family);
  host.sysctls.ensure({
    ...(has(4) && { "net/ipv4/ip_forward": "1" }),
    ...(has(6) && { "net/ipv6/conf/all/forwarding": "1" }),
  });
}

/** For CHECK: every gateway of the result is an address of `link`. */
export function expectGatewayAddresses(host: Netns, link: LinkRef, wanted: readonly Cidr[]): void {
  const present = host.addresses.list(link);
  for (const cidr of wanted) {
    if (present.some((address) => isSameCidr(address.cidr, cidr))) continue;
    throw discrepancy(`gateway address ${formatCidr(cidr)} is missing on "${link.name}"`);
  }
}
