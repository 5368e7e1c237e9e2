import { type Address, addressFromBytes, addressToBytes, formatAddress } from "../../ip/address.ts";
import { formatMac } from "../../ip/mac.ts";
import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import {
  encode,
  familyNumber,
  familyOf,
  formatNeighborMessage,
  MessageType,
  parseNeighborMessage,
} from "./codec.ts";

/** What the kernel knows of its neighbours' MAC addresses: RTM_NEWNEIGH. What `ip neigh` does. */

export interface Neighbour {
  readonly linkIndex: number;
  readonly address: Address;
  /** Lower case, with colons; "" while it is being asked for. */
  readonly mac: string;
  readonly isPermanent: boolean;
}

export function encodeDeleteNeighbour(linkIndex: number, address: Address): NetlinkRequest {
  const data = { family: familyNumber(address.family), ifindex: linkIndex };
  const attrs = { dst: addressToBytes(address) };
  return {
    type: MessageType.DELNEIGH,
    flags: 0,
    payload: encode((out) => formatNeighborMessage({ kind: "neighbor", data, attrs }, out)),
    label: `forget neighbour ${formatAddress(address)}`,
  };
}

export function encodeListNeighbours(linkIndex: number): NetlinkRequest {
  const attrs = { ifindex: Buffer.alloc(4) };
  attrs.ifindex.writeUInt32LE(linkIndex);
  return {
    type: MessageType.GETNEIGH,
    flags: 0,
    payload: encode((out) => formatNeighborMessage({ kind: "neighbor", data: {}, attrs }, out)),
    label: `list neighbours of link ${linkIndex}`,
  };
}

/** @returns undefined for any other message and for entries of a bridge's forwarding table */
export function decodeNeighbour({ type, payload }: NetlinkMessage): Neighbour | undefined {
  if (type !== MessageType.NEWNEIGH) return undefined;
  const { data, attrs } = parseNeighborMessage(payload);
  if (attrs.dst === undefined || familyOf(data.family) === undefined) return undefined;
  return {
    linkIndex: data.ifindex ?? 0,
    address: addressFromBytes(attrs.dst),
    mac: formatMac(attrs.lladdr ?? Buffer.alloc(0)),
    isPermanent: data.state?.permanent === true,
  };
}
