import { type Address, addressFromBytes } from "../../ip/address.ts";
import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { type AttributeMap, bytes } from "./attributes.ts";
import { decodeMessage, encodeRequest, NFNL_SUBSYS_CTNETLINK } from "./message.ts";

/**
 * Entries of connection tracking: what `conntrack -L` and `conntrack -C` show.
 * include/uapi/linux/netfilter/nfnetlink_conntrack.h
 */

const IPCTNL_MSG_CT_NEW = 0;
const IPCTNL_MSG_CT_DELETE = 2;
const IPCTNL_MSG_CT_GET_STATS = 5;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_ID = 12;
const CTA_ZONE = 18;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_STATS_GLOBAL_ENTRIES = 1;

/** One direction of a flow. */
export interface Tuple {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  /** Undefined where the protocol has no ports. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

export interface Flow {
  readonly family: 4 | 6;
  /** As the first packet had it. */
  readonly original: Tuple;
  /** As the answer has it: from where the packets were sent in the end. */
  readonly reply: Tuple;
  /** What names the flow when it is to be deleted, as the kernel wrote it. */
  readonly identity: FlowIdentity;
}

interface FlowIdentity {
  readonly tuple: Buffer;
  readonly zone: Buffer | undefined;
  readonly id: Buffer | undefined;
}

/** ENOENT when the flow is gone. */
export function encodeDeleteFlow({ family, identity }: Flow): NetlinkRequest {
  const { tuple, zone, id } = identity;
  return encodeRequest({
    subsystem: NFNL_SUBSYS_CTNETLINK,
    type: IPCTNL_MSG_CT_DELETE,
    family: family === 4 ? "ip" : "ip6",
    attributes: [
      bytes(CTA_TUPLE_ORIG, tuple),
      zone && bytes(CTA_ZONE, zone),
      id && bytes(CTA_ID, id),
    ],
    label: "delete a flow",
  });
}

/** @returns undefined for other messages */
export function decodeFlow(message: NetlinkMessage): Flow | undefined {
  const flow = decodeMessage(message, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW);
  const original = decodeTuple(flow?.nested(CTA_TUPLE_ORIG));
  const reply = decodeTuple(flow?.nested(CTA_TUPLE_REPLY));
  const tuple = flow?.bytes(CTA_TUPLE_ORIG);
  if (original === undefined || reply === undefined || tuple === undefined) return undefined;
  const identity = { tuple, zone: flow?.bytes(CTA_ZONE), id: flow?.bytes(CTA_ID) };
  return { family: original.source.family, original, reply, identity };
}

function decodeTuple(tuple: AttributeMap | undefined): Tuple | undefined {
  const ip = tuple?.nested(CTA_TUPLE_IP);
  const proto = tuple?.nested(CTA_TUPLE_PROTO);
  const source = ip?.bytes(CTA_IP_V4_SRC) ?? ip?.bytes(CTA_IP_V6_SRC);
  const destination = ip?.bytes(CTA_IP_V4_DST) ?? ip?.bytes(CTA_IP_V6_DST);
  const protocol = proto?.u8(CTA_PROTO_NUM);
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;
  return {
    source: addressFromBytes(source),
    destination: addressFromBytes(destination),
    protocol,
    sourcePort: proto?.be16(CTA_PROTO_SRC_PORT),
    destinationPort: proto?.be16(CTA_PROTO_DST_PORT),
  };
}

/** Asks for the number of flows in the namespace. */
export function encodeGetFlowCount(): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_CTNETLINK,
    type: IPCTNL_MSG_CT_GET_STATS,
    family: "unspecified",
    attributes: [],
    label: "count flows",
  });
}

export function decodeFlowCount(message: NetlinkMessage): number | undefined {
  const statistics = decodeMessage(message, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS);
  return statistics?.be32(CTA_STATS_GLOBAL_ENTRIES);
}
