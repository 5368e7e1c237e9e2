import { type Address, addressFromBytes, addressToBytes, formatAddress } from "../../ip/address.ts";
import { type Cidr, formatCidr } from "../../ip/cidr.ts";
import {
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../message.ts";
import {
  AF_UNSPEC,
  encode,
  familyNumber,
  familyOf,
  formatRouteMessage,
  MessageType,
  parseAttributes,
  parseRouteMessage,
  RouteType,
  u32,
} from "./codec.ts";

/** Routes: RTM_NEWROUTE and its kin, rtnetlink(7). What `ip route` does. */

export const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;

export interface Route {
  /** Of prefix length 0 for a default route. */
  readonly destination: Cidr;
  readonly gateway?: Address;
  readonly linkIndex?: number;
  /** Source address that connections over this route take. */
  readonly source?: Address;
  readonly table?: number;
  /** 0 global (default), 253 link, 254 host. */
  readonly scope?: number;
  readonly priority?: number;
  readonly mtu?: number;
  readonly advmss?: number;
}

/** A route as the kernel describes it; an ECMP route has several next hops. */
export interface KernelRoute extends Route {
  readonly table: number;
  readonly scope: number;
  readonly protocol: number;
  readonly type: number;
  readonly nextHops: readonly NextHop[];
}

export interface NextHop {
  readonly linkIndex: number;
  readonly gateway: Address | undefined;
}

/** What adding does when there is a route with the same destination, table and priority. */
export type RouteConflict = "fail" | "join" | "replace";

const conflictFlags: Record<RouteConflict, number> = {
  fail: NLM_F_CREATE | NLM_F_EXCL,
  // IPv4: the new one goes before the old one. IPv6: both become one route with two next hops.
  join: NLM_F_CREATE,
  replace: NLM_F_CREATE | NLM_F_REPLACE,
};

export function encodeAddRoute(route: Route, onConflict: RouteConflict): NetlinkRequest {
  return {
    type: MessageType.NEWROUTE,
    flags: conflictFlags[onConflict],
    payload: encodeRoute(route),
    label: `add route ${formatRoute(route)}`,
  };
}

export function encodeDeleteRoute(route: Route): NetlinkRequest {
  return {
    type: MessageType.DELROUTE,
    flags: 0,
    payload: encodeRoute(route),
    label: `delete route ${formatRoute(route)}`,
  };
}

/** All routes of one family, of one table where given. */
export function encodeListRoutes(family: 4 | 6, table?: number): NetlinkRequest {
  const data = { family: familyNumber(family) };
  const attrs = table === undefined ? {} : { table };
  return {
    type: MessageType.GETROUTE,
    flags: 0,
    payload: encode((out) => formatRouteMessage({ kind: "route", data, attrs }, out)),
    label: `list IPv${family} routes`,
  };
}

/** The route that a packet to `destination` would take. */
export function encodeGetRoute(destination: Address): NetlinkRequest {
  const bytes = addressToBytes(destination);
  const data = { family: familyNumber(destination.family), dstLen: bytes.length * 8 };
  return {
    type: MessageType.GETROUTE,
    flags: 0,
    payload: encode((out) =>
      formatRouteMessage({ kind: "route", data, attrs: { dst: bytes } }, out),
    ),
    label: `get the route to ${formatAddress(destination)}`,
  };
}

/** @returns undefined for other messages, and for families other than IPv4 and IPv6 */
export function decodeRoute({ type, payload }: NetlinkMessage): KernelRoute | undefined {
  if (type !== MessageType.NEWROUTE) return undefined;
  const { data, attrs } = parseRouteMessage(payload);
  const family = familyOf(data.family);
  if (family === undefined) return undefined;
  const zero: Address = { family, value: 0n };
  const address = attrs.dst === undefined ? zero : addressFromBytes(attrs.dst);
  const hop = {
    linkIndex: attrs.oif ?? 0,
    gateway: attrs.gateway && addressFromBytes(attrs.gateway),
  };
  const { mtu, advmss } = attrs.metrics ?? {};
  return {
    destination: { address, prefixLength: data.dstLen ?? 0 },
    ...(hop.gateway && { gateway: hop.gateway }),
    ...(attrs.oif !== undefined && { linkIndex: attrs.oif }),
    ...(attrs.prefsrc && { source: addressFromBytes(attrs.prefsrc) }),
    ...(attrs.priority !== undefined && { priority: attrs.priority }),
    ...(mtu && { mtu: mtu.readUInt32LE(0) }),
    ...(advmss && { advmss: advmss.readUInt32LE(0) }),
    table: attrs.table ?? data.table ?? 0,
    // The codec knows names for some of these numbers; `struct rtmsg` has them as they are.
    protocol: payload[5] ?? 0,
    scope: payload[6] ?? 0,
    type: payload[7] ?? 0,
    nextHops: attrs.multipath === undefined ? [hop] : decodeNextHops(attrs.multipath),
  };
}

function encodeRoute(route: Route): Buffer {
  const { destination, gateway, table = RT_TABLE_MAIN, priority } = route;
  const data = {
    family: familyNumber(destination.address.family),
    dstLen: destination.prefixLength,
    table: table > 255 ? AF_UNSPEC : table,
    protocol: RTPROT_BOOT,
    scope: route.scope ?? 0,
    type: RouteType.UNICAST,
  };
  const attrs = {
    ...(destination.prefixLength > 0 && { dst: addressToBytes(destination.address) }),
    ...(gateway && { gateway: addressToBytes(gateway) }),
    ...(route.source && { prefsrc: addressToBytes(route.source) }),
    ...(route.linkIndex !== undefined && { oif: route.linkIndex }),
    ...(table > 255 && { table }),
    ...(priority !== undefined && priority > 0 && { priority }),
    ...metricsOf(route),
  };
  return encode((out) => formatRouteMessage({ kind: "route", data, attrs }, out));
}

function metricsOf({ mtu, advmss }: Route) {
  const metrics = { ...(mtu && { mtu: u32(mtu) }), ...(advmss && { advmss: u32(advmss) }) };
  return Object.keys(metrics).length === 0 ? {} : { metrics };
}

const RTA_GATEWAY = 5;
const RTNEXTHOP_LENGTH = 8;

/** RTA_MULTIPATH: `struct rtnexthop` {len u16, flags u8, hops u8, ifindex i32} and attributes. */
function decodeNextHops(multipath: Buffer): NextHop[] {
  const hops: NextHop[] = [];
  let rest = multipath;
  while (rest.length >= RTNEXTHOP_LENGTH) {
    const length = rest.readUInt16LE(0);
    if (length < RTNEXTHOP_LENGTH || length > rest.length) break;
    const attributes = rest.subarray(RTNEXTHOP_LENGTH, length);
    hops.push({ linkIndex: rest.readInt32LE(4), gateway: decodeGateway(attributes) });
    rest = rest.subarray((length + 3) & ~3);
  }
  return hops;
}

function decodeGateway(attributes: Buffer): Address | undefined {
  let gateway: Address | undefined;
  parseAttributes(attributes, ({ type, data }) => {
    if (type === RTA_GATEWAY) gateway = addressFromBytes(data);
  });
  return gateway;
}

/** @returns the route in the words of `ip route` */
export function formatRoute({ destination, gateway, table, priority }: Route): string {
  const words = [destination.prefixLength === 0 ? "default" : formatCidr(destination)];
  if (gateway !== undefined) words.push("via", formatAddress(gateway));
  if (table !== undefined && table !== RT_TABLE_MAIN) words.push("table", String(table));
  if (priority !== undefined && priority > 0) words.push("metric", String(priority));
  return words.join(" ");
}
