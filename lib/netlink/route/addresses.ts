import { type Address, addressFromBytes, addressToBytes } from "../../ip/address.ts";
import { type Cidr, formatCidr, lastAddress } from "../../ip/cidr.ts";
import { type NetlinkMessage, type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "../message.ts";
import {
  type AddressAttrs,
  AF_UNSPEC,
  encode,
  familyNumber,
  familyOf,
  formatAddressMessage,
  MessageType,
} from "./codec.ts";
import { pickAttributes } from "./pick-attributes.ts";

const IFADDRMSG_LENGTH = 8;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const addressAttributes = { 1: "address", 2: "local", 8: "flags" } as const;

/** Addresses of links: RTM_NEWADDR and its kin, rtnetlink(7). What `ip address` does. */

/** An address as the kernel describes it. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly cidr: Cidr;
  /** 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** Duplicate address detection has not finished. */
  readonly isTentative: boolean;
  /** Duplicate address detection found somebody else. */
  readonly isDuplicate: boolean;
}

export interface NewAddress {
  readonly cidr: Cidr;
  /** Use the address at once, without asking the network whether it is taken (IPv6). */
  readonly skipDad?: boolean;
}

export function encodeAddAddress(linkIndex: number, address: NewAddress): NetlinkRequest {
  return {
    type: MessageType.NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: encodeAddress(linkIndex, address),
    label: `add address ${formatCidr(address.cidr)}`,
  };
}

export function encodeDeleteAddress(linkIndex: number, cidr: Cidr): NetlinkRequest {
  return {
    type: MessageType.DELADDR,
    flags: 0,
    payload: encodeAddress(linkIndex, { cidr }),
    label: `delete address ${formatCidr(cidr)}`,
  };
}

/** All addresses of one link, both families. */
export function encodeListAddresses(linkIndex: number): NetlinkRequest {
  const data = { family: AF_UNSPEC, index: linkIndex };
  return {
    type: MessageType.GETADDR,
    flags: 0,
    payload: encode((out) => formatAddressMessage({ kind: "address", data, attrs: {} }, out)),
    label: `list addresses of link ${linkIndex}`,
  };
}

/** @returns undefined for any other message, such as the removal of an address */
export function decodeAddress({ type, payload }: NetlinkMessage): LinkAddress | undefined {
  if (type !== MessageType.NEWADDR) return undefined;
  // struct ifaddrmsg, include/uapi/linux/if_addr.h
  const attrs = pickAttributes(payload, IFADDRMSG_LENGTH, addressAttributes);
  // IPv4 point-to-point links have their own address in IFA_LOCAL and the peer's in IFA_ADDRESS.
  const bytes = attrs.local ?? attrs.address;
  if (bytes === undefined || familyOf(payload[0]) === undefined) return undefined;
  const flags = attrs.flags?.readUInt32LE() ?? payload[2] ?? 0;
  return {
    linkIndex: payload.readUInt32LE(4),
    cidr: { address: addressFromBytes(bytes), prefixLength: payload[1] ?? 0 },
    scope: payload[3] ?? 0,
    isTentative: (flags & IFA_F_TENTATIVE) !== 0,
    isDuplicate: (flags & IFA_F_DADFAILED) !== 0,
  };
}

function encodeAddress(index: number, { cidr, skipDad }: NewAddress): Buffer {
  const { address, prefixLength } = cidr;
  const bytes = addressToBytes(address);
  const attrs: AddressAttrs = { local: bytes, address: bytes };
  const broadcast = broadcastAddress(cidr);
  if (broadcast !== undefined) attrs.broadcast = addressToBytes(broadcast);
  if (skipDad === true) attrs.flags = { nodad: true };
  const data = { family: familyNumber(address.family), prefixlen: prefixLength, index };
  return encode((out) => formatAddressMessage({ kind: "address", data, attrs }, out));
}

/** The kernel does not work it out itself; links of two addresses or one have none (RFC 3021). */
function broadcastAddress(cidr: Cidr): Address | undefined {
  const hasOne = cidr.address.family === 4 && cidr.prefixLength < 31;
  return hasOne ? lastAddress(cidr) : undefined;
}
