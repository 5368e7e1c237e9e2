import { type Address, parseAddress } from "../ip/address.ts";
import { type Cidr, parseCidr } from "../ip/cidr.ts";

/** A port of the host that leads to a port of a container. */
export interface PortMapping {
  readonly protocol: Protocol;
  readonly hostPort: number;
  readonly containerPort: number;
  /** The address of the host that the port is published on; any when absent or unspecified. */
  readonly hostIp?: string;
}

/** Those that have ports, where `struct tcphdr` has them, and that the kernel can translate. */
export type Protocol = "tcp" | "udp" | "sctp" | "dccp" | "udplite";

export const protocolNumbers: Readonly<Record<Protocol, number>> = {
  tcp: 6,
  udp: 17,
  dccp: 33,
  sctp: 132,
  udplite: 136,
};

export function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(protocolNumbers, text);
}

/** All that is to be known to publish a container's ports: plain values, fit to be written down. */
export interface PortRequest {
  /** The container's addresses with the prefix lengths of their subnets, one a family. */
  readonly addresses: readonly string[];
  readonly mappings: readonly PortMapping[];
  /** Masquerade what could not find its way back: the container itself, its neighbours, 127.0.0.1. */
  readonly snat: boolean;
  /** Masquerade all connections to published ports; without `snat`, none. */
  readonly masqAll: boolean;
  /** Words that a packet must fulfil besides, those of nft or of iptables. */
  readonly conditions: Readonly<Partial<Record<4 | 6, readonly string[]>>>;
  /** The host's link that leads to the container. */
  readonly links: Readonly<Partial<Record<4 | 6, string>>>;
  /** Of packets to be masqueraded; iptables only. */
  readonly markBit: number;
  /** Sets the mark instead of a chain of ours; iptables only. */
  readonly externalSetMarkChain?: string;
}

/** One family's part of a request, parsed. */
export interface FamilyRequest {
  readonly family: 4 | 6;
  readonly container: Cidr;
  readonly mappings: readonly FamilyMapping[];
}

export interface FamilyMapping {
  readonly protocol: Protocol;
  readonly hostPort: number;
  readonly containerPort: number;
  /** Undefined for any address. */
  readonly hostAddress: Address | undefined;
}

/**
 * Splits a request by family. A mapping with a `hostIp` counts in the family of that address only;
 * the unspecified address of a family stands for all addresses of it.
 */
export function splitByFamily(request: PortRequest): FamilyRequest[] {
  return request.addresses.map((text) => {
    const container = parseCidr(text);
    if (container === undefined) throw new RangeError(`"${text}" is no CIDR`);
    const { family } = container.address;
    const mappings = request.mappings.flatMap((mapping) => selectFamily(mapping, family));
    return { family, container, mappings };
  });
}

function selectFamily({ hostIp, ...mapping }: PortMapping, family: 4 | 6): FamilyMapping[] {
  if (hostIp === undefined || hostIp === "") return [{ ...mapping, hostAddress: undefined }];
  const address = parseAddress(hostIp);
  if (address === undefined) throw new RangeError(`"${hostIp}" is no IP address`);
  if (address.family !== family) return [];
  return [{ ...mapping, hostAddress: address.value === 0n ? undefined : address }];
}

/** The first octet of 127.0.0.0/8. */
export const LOOPBACK_NETWORK = 127n;

/** Whether the node can reach one of the ports by 127.0.0.1, which needs `route_localnet`. */
export function isOnLoopback({ family, mappings }: FamilyRequest): boolean {
  return (
    family === 4 &&
    mappings.some(
      ({ hostAddress }) =>
        hostAddress === undefined || hostAddress.value >> 24n === LOOPBACK_NETWORK,
    )
  );
}

/** Whether the node must route 127.0.0.0/8 over the link, which it does not by default. */
export function needsRouteLocalnet(part: FamilyRequest, { snat }: PortRequest): boolean {
  return snat && isOnLoopback(part);
}
