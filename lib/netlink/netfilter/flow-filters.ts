import { type Address, addressToBytes, isSameAddress } from "../../ip/address.ts";
import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { type Attribute, be16, bytes, nested, u8 } from "./attributes.ts";
import type { Flow, Tuple } from "./flows.ts";
import { encodeRequest, NFNL_SUBSYS_CTNETLINK } from "./message.ts";

/**
 * Which entries of connection tracking are meant: `conntrack -L` and `conntrack -D` with conditions.
 * include/uapi/linux/netfilter/nfnetlink_conntrack.h
 */

const IPCTNL_MSG_CT_GET = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_DST_PORT = 3;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;

// The fields of a tuple that a filter looks at, net/netfilter/nf_internals.h.
const CTA_FILTER_F_CTA_IP_SRC = 1 << 0;
const CTA_FILTER_F_CTA_IP_DST = 1 << 1;
const CTA_FILTER_F_CTA_PROTO_NUM = 1 << 3;
const CTA_FILTER_F_CTA_PROTO_DST_PORT = 1 << 5;

/** What the two directions of a flow have to be like; what is left out may be anything. */
export interface FlowFilter {
  readonly family: 4 | 6;
  readonly original?: TupleFilter;
  readonly reply?: TupleFilter;
}

export interface TupleFilter {
  readonly source?: Address;
  readonly destination?: Address;
  readonly service?: { readonly protocol: number; readonly destinationPort: number };
}

/**
 * Whether the kernel can be left to find what fits. Of IPv6 addresses it gets it the wrong way
 * round: ctnetlink_filter_match_tuple() takes every flow but those that fit (5.8 to 6.18 at least).
 */
export function isExact(filter: FlowFilter): boolean {
  return filter.family === 4 || addressesOf(filter).length === 0;
}

/**
 * To be sent as a dump. The answer may have more flows than those that fit: always, when the filter
 * is not exact, and all flows there are from kernels before 5.8.
 */
export function encodeListFlows(filter: FlowFilter): NetlinkRequest {
  return encodeFiltered(IPCTNL_MSG_CT_GET, filter, "list flows");
}

/**
 * Deletes all flows that fit. Before 6.12, kernels take the filter for the name of one flow, and
 * say EINVAL because half of it is missing.
 *
 * @throws {RangeError} when others would go, too
 */
export function encodeDeleteFlows(filter: FlowFilter): NetlinkRequest {
  if (!isExact(filter) || flagsOf(filter, "original") + flagsOf(filter, "reply") === 0) {
    throw new RangeError("The filter lets other flows pass");
  }
  return encodeFiltered(IPCTNL_MSG_CT_DELETE, filter, "delete flows");
}

function encodeFiltered(type: number, filter: FlowFilter, label: string): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_CTNETLINK,
    type,
    family: filter.family === 4 ? "ip" : "ip6",
    attributes: [
      encodeTuple(CTA_TUPLE_ORIG, filter, "original"),
      encodeTuple(CTA_TUPLE_REPLY, filter, "reply"),
      nested(
        CTA_FILTER,
        bytes(CTA_FILTER_ORIG_FLAGS, Uint8Array.of(flagsOf(filter, "original"), 0, 0, 0)),
        bytes(CTA_FILTER_REPLY_FLAGS, Uint8Array.of(flagsOf(filter, "reply"), 0, 0, 0)),
      ),
    ],
    label,
  });
}

type Direction = "original" | "reply";

/** @returns which fields of the tuple the kernel is to look at; not at IPv6 addresses */
function flagsOf(filter: FlowFilter, direction: Direction): number {
  const { source, destination, service } = filter[direction] ?? {};
  const hasAddresses = filter.family === 4;
  return (
    (hasAddresses && source ? CTA_FILTER_F_CTA_IP_SRC : 0) |
    (hasAddresses && destination ? CTA_FILTER_F_CTA_IP_DST : 0) |
    (service ? CTA_FILTER_F_CTA_PROTO_NUM | CTA_FILTER_F_CTA_PROTO_DST_PORT : 0)
  );
}

function encodeTuple(
  type: number,
  filter: FlowFilter,
  direction: Direction,
): Attribute | undefined {
  const { source, destination, service } = filter[direction] ?? {};
  if (flagsOf(filter, direction) === 0) return undefined;
  const addresses = [
    source && bytes(CTA_IP_V4_SRC, addressToBytes(source)),
    destination && bytes(CTA_IP_V4_DST, addressToBytes(destination)),
  ];
  const hasAddresses = filter.family === 4 && (source ?? destination) !== undefined;
  return nested(
    type,
    hasAddresses ? nested(CTA_TUPLE_IP, ...addresses) : undefined,
    service &&
      nested(
        CTA_TUPLE_PROTO,
        u8(CTA_PROTO_NUM, service.protocol),
        be16(CTA_PROTO_DST_PORT, service.destinationPort),
      ),
  );
}

/** @returns a quick look at a message: whether it may be about a flow that fits one of these */
export function quickLook(
  filters: readonly FlowFilter[],
): (message: Pick<NetlinkMessage, "payload">) => boolean {
  const needles = filters.map((filter) => addressesOf(filter).map(addressToBytes));
  return ({ payload }) => {
    return needles.some((addresses) => addresses.every((address) => payload.includes(address)));
  };
}

/** @returns all addresses that a flow must have */
export function addressesOf({ original = {}, reply = {} }: FlowFilter): Address[] {
  const all = [original.source, original.destination, reply.source, reply.destination];
  return all.filter((address) => address !== undefined);
}

/** Whether a flow that the kernel has listed fits. */
export function fits(flow: Flow, { family, original = {}, reply = {} }: FlowFilter): boolean {
  return flow.family === family && isLike(flow.original, original) && isLike(flow.reply, reply);
}

function isLike(tuple: Tuple, filter: TupleFilter): boolean {
  const { service } = filter;
  const isSameService =
    service === undefined ||
    (tuple.protocol === service.protocol && tuple.destinationPort === service.destinationPort);
  return (
    isSameService &&
    (filter.source === undefined || isSameAddress(tuple.source, filter.source)) &&
    (filter.destination === undefined || isSameAddress(tuple.destination, filter.destination))
  );
}
