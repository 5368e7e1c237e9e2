import { toBuffer } from "../../bytes.ts";
import { type Address, addressFromBytes, addressToBytes, formatAddress } from "../../ip/address.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import {
  encodeFields,
  encodeName,
  encodePort,
  ipv6Addr,
} from "../../netlink/netfilter/data-types.ts";
import type { Element } from "../../netlink/netfilter/elements.ts";
import type { NamedSet } from "../../netlink/netfilter/sets.ts";
import {
  type FamilyMapping,
  type FamilyRequest,
  isOnLoopback,
  needsRouteLocalnet,
  type PortRequest,
  protocolNumbers,
  splitByFamily,
} from "../port-request.ts";
import type { RuleChain } from "./chains.ts";
import { conditionChain } from "./conditions.ts";
import { guardOf } from "./guards.ts";
import { type Claim, type Holding, identify } from "./holding.ts";
import { portsFeature, routeLocalnet, setsOf } from "./layout.ts";

/** Works out which elements publish the ports of an attachment. */
export function planPorts(tag: string, request: PortRequest): Holding {
  const plans = splitByFamily(request)
    .filter(({ mappings }) => mappings.length > 0)
    .map((family) => planFamily(family, request));
  return {
    feature: portsFeature,
    tag,
    claims: plans.flatMap(({ claims }) => claims),
    chains: plans.flatMap(({ chain }) => (chain === undefined ? [] : [chain])),
    siblings: [],
  };
}

interface FamilyPlan {
  readonly claims: readonly Claim[];
  readonly chain: RuleChain | undefined;
}

function planFamily(part: FamilyRequest, request: PortRequest): FamilyPlan {
  const { family, container, mappings } = part;
  const sets = setsOf[family];
  const conditions = request.conditions[family] ?? [];
  const chain = conditions.length === 0 ? undefined : conditionChain(conditions, family);
  const address = addressToBytes(container.address);
  const claims = [
    claim(sets.published, { key: address }, "evict"),
    ...mappings.map((mapping) => planTarget(mapping, part)),
    ...(chain === undefined ? [] : mappings.map((mapping) => planLimit(mapping, part, chain))),
    ...(request.snat ? planSnat(part, request) : []),
    ...(needsRouteLocalnet(part, request) ? planGuard(request.links[family]) : []),
  ];
  return { claims: distinct(claims), chain };
}

function claim(set: NamedSet, element: Element, onConflict: Claim["onConflict"]): Claim {
  return { set, element, onConflict };
}

/** The protocol and port of a host address, or of all of them. */
function hostKey({ protocol, hostPort, hostAddress }: FamilyMapping): Uint8Array {
  const fields = [Uint8Array.of(protocolNumbers[protocol]), encodePort(hostPort)];
  return encodeFields(
    hostAddress === undefined ? fields : [addressToBytes(hostAddress), ...fields],
  );
}

function planTarget(mapping: FamilyMapping, { family, container }: FamilyRequest): Claim {
  const set = targetSet(mapping, family);
  const key = hostKey(mapping);
  const target = [addressToBytes(container.address), encodePort(mapping.containerPort)];
  const element = { key, value: encodeFields(target) };
  return { set, element, onConflict: "refuse", port: identify({ set, element }) };
}

function targetSet({ hostAddress }: FamilyMapping, family: 4 | 6): NamedSet {
  const { ports, portsOfAny } = setsOf[family];
  return hostAddress === undefined ? portsOfAny : ports;
}

function planLimit(mapping: FamilyMapping, { family }: FamilyRequest, chain: RuleChain): Claim {
  const { limitedPorts, limitedPortsOfAny } = setsOf[family];
  const set = mapping.hostAddress === undefined ? limitedPortsOfAny : limitedPorts;
  const key = hostKey(mapping);
  const value = { kind: "goto", chain: chain.chain.name } as const;
  const port = identify({ set: targetSet(mapping, family), element: { key } });
  return { set, element: { key, value }, onConflict: "refuse", port };
}

/** Which connections to the container need a source that the container answers to through us. */
function planSnat(part: FamilyRequest, { masqAll, links }: PortRequest): Claim[] {
  return masqAll
    ? part.mappings.map((mapping) => planMasqAll(mapping, part))
    : planHairpin(part, links[part.family]);
}

function planMasqAll({ protocol, containerPort }: FamilyMapping, part: FamilyRequest): Claim {
  const address = addressToBytes(part.container.address);
  const key = [address, Uint8Array.of(protocolNumbers[protocol]), encodePort(containerPort)];
  return claim(setsOf[part.family].snatAll, { key: encodeFields(key) }, "evict");
}

const loopback = Uint8Array.of(127, 0, 0, 1);

/**
 * Who would not get an answer otherwise. The container itself: to it, the answer would come from
 * its own address. A client behind the same link: it would be answered past this node. And this
 * node by 127.0.0.1, which nobody else can answer to.
 */
function planHairpin(part: FamilyRequest, link: string | undefined): Claim[] {
  const { snatClients, snatLinks } = setsOf[part.family];
  const address = addressToBytes(part.container.address);
  const clients = isOnLoopback(part) ? [address, loopback] : [address];
  const links = link === undefined ? [] : [encodeName(link)];
  return [
    ...clients.map((client) =>
      claim(snatClients, { key: encodeFields([client, address]) }, "evict"),
    ),
    ...links.map((name) => claim(snatLinks, { key: encodeFields([address, name]) }, "evict")),
  ];
}

function planGuard(link: string | undefined): Claim[] {
  return link === undefined ? [] : [claim(routeLocalnet, guardOf(link), "share")];
}

/** Two mappings may lead to the same container port; the first of two for a host port counts. */
function distinct(claims: readonly Claim[]): Claim[] {
  const byKey = new Map<string, Claim>();
  for (const each of claims) {
    const id = identify(each);
    if (!byKey.has(id)) byKey.set(id, each);
  }
  return [...byKey.values()];
}

/** @returns the host port that a refused claim is about, as in "192.0.2.1:80/tcp" or "80/tcp" */
export function describeHostPort({ set, element }: Claim): string {
  const key = toBuffer(element.key);
  const addressLength = key.length - 8; // protocol and port take a register each
  const number = key.readUInt8(addressLength);
  const protocol = Object.entries(protocolNumbers).find(([, each]) => each === number)?.[0];
  const port = `${key.readUInt16BE(addressLength + 4)}/${protocol ?? number}`;
  if (addressLength === 0) return port;
  const address = formatAddress(addressFromBytes(key.subarray(0, addressLength)));
  return set.key[0] === ipv6Addr ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether a UDP port is published on this address in particular, rather than on all. */
export function isPublishedOn(nft: Nftables, address: Address, hostPort: number): boolean {
  const mapping = { protocol: "udp", hostPort, containerPort: 0, hostAddress: address } as const;
  return nft.findElement(setsOf[address.family].ports, { key: hostKey(mapping) }) !== undefined;
}
