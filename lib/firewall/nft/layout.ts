import {
  type DataType,
  ifName,
  inetProto,
  inetService,
  ipv4Addr,
  ipv6Addr,
} from "../../netlink/netfilter/data-types.ts";
import type { NamedSet } from "../../netlink/netfilter/sets.ts";
import type { Table } from "../../netlink/netfilter/tables.ts";

/**
 * The table that is ours, as data. It does not grow with the number of containers but in the
 * elements of its sets: README.md beside this file shows it in the words of nft, and tells the way
 * of a packet through it.
 */
export const table: Table = { family: "inet", name: "patchbay" };

/** What there is once for IPv4 and once for IPv6. */
export interface FamilySets {
  /** Where the connections to one address of this node and one of its ports go. */
  readonly ports: NamedSet;
  /** The same for ports of all addresses. */
  readonly portsOfAny: NamedSet;
  /** Which chain decides whether a port is published to this client at all. */
  readonly limitedPorts: NamedSet;
  readonly limitedPortsOfAny: NamedSet;
  /** Containers with published ports. */
  readonly published: NamedSet;
  /** Whose connections to which container get this node's address as their source. */
  readonly snatClients: NamedSet;
  /** The same by the link that the client's packets arrive on. */
  readonly snatLinks: NamedSet;
  /** The same for all connections to a port. */
  readonly snatAll: NamedSet;
  /** Which chain decides about what a container sends: each subnet has one. */
  readonly masquerade: NamedSet;
}

function set(name: string, key: readonly DataType[], comment: string): NamedSet {
  return { table, name, key, comment };
}

function map(
  name: string,
  key: readonly DataType[],
  value: NonNullable<NamedSet["value"]>,
  comment: string,
): NamedSet {
  return { table, name, key, value, comment };
}

function familySets(address: DataType, suffix: string): FamilySets {
  const target = [address, inetService];
  return {
    ports: map(`ports_${suffix}`, [address, inetProto, inetService], target, "host -> container"),
    portsOfAny: map(
      `ports_of_any_${suffix}`,
      [inetProto, inetService],
      target,
      "any host address -> container",
    ),
    limitedPorts: map(
      `limited_ports_${suffix}`,
      [address, inetProto, inetService],
      "verdict",
      "host ports with conditions",
    ),
    limitedPortsOfAny: map(
      `limited_ports_of_any_${suffix}`,
      [inetProto, inetService],
      "verdict",
      "host ports with conditions",
    ),
    published: set(`published_${suffix}`, [address], "containers with published ports"),
    snatClients: set(`snat_clients_${suffix}`, [address, address], "client . container"),
    snatLinks: set(`snat_links_${suffix}`, [address, ifName], "container . link of the client"),
    snatAll: set(`snat_all_${suffix}`, [address, inetProto, inetService], "container ports"),
    masquerade: map(`masquerade_${suffix}`, [address], "verdict", "container -> beyond its subnet"),
  };
}

export const setsOf: Readonly<Record<4 | 6, FamilySets>> = {
  4: familySets(ipv4Addr, "ip"),
  6: familySets(ipv6Addr, "ip6"),
};

/** Links on which 127.0.0.0/8 would be routed, were it not for the chain "loopback_guard". */
export const routeLocalnet = set("route_localnet", [ifName], "links with route_localnet=1");

/** Something that attachments have elements for, and what says which attachments do. */
export interface Feature {
  readonly name: "ports" | "masquerade";
  /** One element an attachment: while it is there, all others of the attachment are. */
  readonly owners: NamedSet;
  readonly sets: readonly NamedSet[];
}

const families = [setsOf[4], setsOf[6]];

export const portsFeature: Feature = {
  name: "ports",
  owners: set("port_owners", [ifName], "network/container/interface"),
  sets: families.flatMap((sets) => [
    sets.ports,
    sets.portsOfAny,
    sets.limitedPorts,
    sets.limitedPortsOfAny,
    sets.published,
    sets.snatClients,
    sets.snatLinks,
    sets.snatAll,
  ]),
};

export const masqueradeFeature: Feature = {
  name: "masquerade",
  owners: set("masquerade_owners", [ifName], "network/container/interface"),
  sets: families.map((sets) => sets.masquerade),
};

export const features: readonly Feature[] = [portsFeature, masqueradeFeature];

/** All that the table has. */
export const sets: readonly NamedSet[] = [
  ...features.flatMap((feature) => [feature.owners, ...feature.sets]),
  routeLocalnet,
];
