import { AttrStream, putU32 } from "netlink/dist/structs.js";

export type { LinkAttrs } from "netlink/dist/rt/ifla.js";
export * as linkInfo from "netlink/dist/rt/ifla.js";
/**
 * What this folder uses of the `netlink` package: its codec for rtnetlink, pure JavaScript. Its
 * socket is not used: the addon behind it needs an event loop and crashes Bun.
 */
export {
  type AddressAttrs,
  formatAddressMessage,
  formatLinkMessage,
  formatNeighborMessage,
  formatRouteMessage,
  formatRuleMessage,
  MessageType,
  parseAddressMessage,
  parseLinkMessage,
  parseNeighborMessage,
  parseRouteMessage,
  parseRuleMessage,
  RouteType,
  RuleAction,
} from "netlink/dist/rt/structs.js";
export { AttrStream, parseAttributes, type StreamData } from "netlink/dist/structs.js";

/** @returns what `write` puts into the stream, in one piece */
export function encode(write: (out: AttrStream) => void): Buffer {
  const out = new AttrStream();
  write(out);
  return Buffer.concat(out.bufs);
}

/** @returns a number as an attribute's 4 bytes */
export function u32(value: number): Buffer {
  return putU32(value);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

/**
 * Address families, include/linux/socket.h. AF_BRIDGE addresses the bridge's side of a link.
 */
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;

export function familyNumber(family: 4 | 6): number {
  return family === 4 ? AF_INET : AF_INET6;
}

export function familyOf(number: number | undefined): 4 | 6 | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}
