import { toBuffer } from "../../bytes.ts";
import { AF_UNSPEC, encode, formatLinkMessage, type LinkAttrs, u32 } from "./codec.ts";

/** The body of a request about a link: `struct ifinfomsg` and attributes. */

/** What a link can be made or changed to have. */
export interface LinkAttributes {
  readonly name?: string;
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  /** Index of the bridge or VRF it belongs to; 0 for none. */
  readonly master?: number;
  /** Index of the link below, for a VLAN or macvlan. */
  readonly parent?: number;
  readonly txQueueLength?: number;
  /** An open namespace file: where the link shall be. */
  readonly netnsFd?: number;
  readonly alias?: string;
}

export function encodeLink(link: {
  index?: number;
  flags?: number;
  change?: number;
  attrs: LinkAttrs;
}): Buffer {
  const { index = 0, flags = 0, change = 0, attrs } = link;
  const data = {
    family: AF_UNSPEC,
    index,
    flags: { __unknown: flags },
    change: { __unknown: change },
  };
  return encode((out) => formatLinkMessage({ kind: "link", data, attrs }, out));
}

export function linkAttrs(link: LinkAttributes): LinkAttrs {
  const attrs: LinkAttrs = {};
  if (link.name !== undefined) attrs.ifname = link.name;
  if (link.mac !== undefined) attrs.address = toBuffer(link.mac);
  if (link.mtu !== undefined) attrs.mtu = link.mtu;
  if (link.master !== undefined) attrs.master = link.master;
  if (link.parent !== undefined) attrs.link = u32(link.parent);
  if (link.txQueueLength !== undefined) attrs.txqlen = link.txQueueLength;
  if (link.netnsFd !== undefined) attrs.netNsFd = link.netnsFd;
  if (link.alias !== undefined) attrs.ifalias = link.alias;
  return attrs;
}
