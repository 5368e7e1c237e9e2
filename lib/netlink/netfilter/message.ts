import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { type Attribute, AttributeMap, be32, encodeAttributes } from "./attributes.ts";

/**
 * nfnetlink: every message starts with a `struct nfgenmsg` (address family, version 0, a 16-bit
 * resource ID), then come attributes. The upper byte of a message's type is the subsystem.
 * include/uapi/linux/netfilter/nfnetlink.h
 */

const NFGENMSG_LENGTH = 4;

export const NFNL_SUBSYS_CTNETLINK = 1;
export const NFNL_SUBSYS_NFTABLES = 10;

const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_BATCH_GENID = 1;

/** What nfnetlink calls a family: which packets a table sees. */
export type Family = "inet" | "ip" | "ip6" | "bridge";

const familyNumbers: Readonly<Record<Family | "unspecified", number>> = {
  unspecified: 0,
  inet: 1,
  ip: 2,
  bridge: 7,
  ip6: 10,
};

/** A message about to be sent to a subsystem of netfilter. */
export interface NetfilterRequest {
  readonly subsystem: number;
  readonly type: number;
  readonly flags?: number;
  readonly family: Family | "unspecified";
  readonly attributes: readonly (Attribute | undefined)[];
  /** What it does, for error texts. */
  readonly label: string;
}

export function encodeRequest(request: NetfilterRequest): NetlinkRequest {
  const attributes = request.attributes.filter((attribute) => attribute !== undefined);
  const header = Buffer.of(familyNumbers[request.family], 0, 0, 0);
  return {
    type: (request.subsystem << 8) | request.type,
    flags: request.flags ?? 0,
    payload: Buffer.concat([header, encodeAttributes(attributes)]),
    label: request.label,
  };
}

/** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET and DELSETELEM. */
const removals: readonly number[] = [2, 5, 8, 11, 14];

/** Whether a change takes something out of the nftables ruleset. */
export function isRemoval({ type }: NetlinkRequest): boolean {
  return type >> 8 === NFNL_SUBSYS_NFTABLES && removals.includes(type & 255);
}

/** @returns the attributes of a message, when it is of this subsystem and type */
export function decodeMessage(
  message: NetlinkMessage,
  subsystem: number,
  type: number,
): AttributeMap | undefined {
  if (message.type !== ((subsystem << 8) | type)) return undefined;
  return new AttributeMap(message.payload.subarray(NFGENMSG_LENGTH));
}

/**
 * Makes a transaction out of changes: the kernel carries out all of them, or none.
 *
 * @param generation of the ruleset that the changes were worked out from. When it is not the
 *   current one any more, the kernel refuses the transaction with ERESTART; Linux 4.16.
 */
export function encodeTransaction(
  changes: readonly NetlinkRequest[],
  generation?: number,
): NetlinkRequest[] {
  return [
    encodeBatchEdge(NFNL_MSG_BATCH_BEGIN, "begin a transaction", generation),
    ...changes,
    encodeBatchEdge(NFNL_MSG_BATCH_END, "commit a transaction"),
  ];
}

function encodeBatchEdge(type: number, label: string, generation?: number): NetlinkRequest {
  // The resource ID says which subsystem the batch is for.
  const header = Buffer.of(familyNumbers.unspecified, 0, 0, NFNL_SUBSYS_NFTABLES);
  const attributes = generation === undefined ? [] : [be32(NFNL_BATCH_GENID, generation)];
  return {
    type,
    flags: 0,
    payload: Buffer.concat([header, encodeAttributes(attributes)]),
    label,
  };
}
