import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import {
  AF_BRIDGE,
  encode,
  formatLinkMessage,
  linkInfo,
  MessageType,
  parseAttributes,
  parseLinkMessage,
  u16,
  u32,
} from "./codec.ts";

/**
 * VLANs of bridge ports: RTM_SETLINK and RTM_DELLINK in the family AF_BRIDGE. What `bridge vlan`
 * does. IFLA_AF_SPEC repeats one attribute, which the codec's map cannot hold; it is read from
 * the bytes here.
 */

const IFLA_AF_SPEC = 26;
const IFLA_EXT_MASK = 29;
const IFLA_BRIDGE_FLAGS = 0;
const IFLA_BRIDGE_VLAN_INFO = 2;
const BRIDGE_FLAGS_MASTER = 1;
const RTEXT_FILTER_BRVLAN = 2;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFINFOMSG_LENGTH = 16;

export interface PortVlan {
  readonly id: number;
  /** Untagged frames that enter the port belong to this VLAN. */
  readonly isPvid: boolean;
  /** Frames of this VLAN leave the port without a tag. */
  readonly isUntagged: boolean;
}

/** @param portName what errors call the port */
export function encodeAddPortVlans(
  portIndex: number,
  portName: string,
  vlans: readonly PortVlan[],
): NetlinkRequest {
  return {
    type: MessageType.SETLINK,
    flags: 0,
    payload: encodePortVlans(portIndex, vlans),
    label: `add ${describeIds(vlans.map(({ id }) => id))} to bridge port "${portName}"`,
  };
}

export function encodeDeletePortVlans(
  portIndex: number,
  portName: string,
  ids: readonly number[],
): NetlinkRequest {
  const vlans = ids.map((id) => ({ id, isPvid: false, isUntagged: false }));
  return {
    type: MessageType.DELLINK,
    flags: 0,
    payload: encodePortVlans(portIndex, vlans),
    label: `delete ${describeIds(ids)} from bridge port "${portName}"`,
  };
}

/** The VLANs of all ports of all bridges. */
export function encodeListPortVlans(): NetlinkRequest {
  const data = { family: AF_BRIDGE };
  const link = encode((out) => formatLinkMessage({ kind: "link", data, attrs: {} }, out));
  const mask = encode((out) =>
    out.push(IFLA_EXT_MASK, u32(RTEXT_FILTER_BRVLAN | RTEXT_FILTER_SKIP_STATS)),
  );
  return {
    type: MessageType.GETLINK,
    flags: 0,
    payload: Buffer.concat([link, mask]),
    label: "list VLANs of bridge ports",
  };
}

export function decodePortVlans(message: NetlinkMessage): {
  readonly portIndex: number;
  readonly vlans: readonly PortVlan[];
} {
  const { data } = parseLinkMessage(message.payload);
  const vlans: PortVlan[] = [];
  parseAttributes(message.payload.subarray(IFINFOMSG_LENGTH), (attribute) => {
    if (attribute.type !== IFLA_AF_SPEC) return;
    parseAttributes(attribute.data, ({ type, data: info }) => {
      if (type === IFLA_BRIDGE_VLAN_INFO) vlans.push(decodeVlan(info));
    });
  });
  return { portIndex: data.index ?? 0, vlans };
}

function decodeVlan(info: Buffer): PortVlan {
  const { vid = 0, flags = 0 } = linkInfo.parseBridgeVlanInfo(info);
  const { pvid, untagged } = linkInfo.parseBridgeVlanFlags(flags);
  return { id: vid, isPvid: pvid === true, isUntagged: untagged === true };
}

function encodePortVlans(portIndex: number, vlans: readonly PortVlan[]): Buffer {
  const data = { family: AF_BRIDGE, index: portIndex };
  const link = encode((out) => formatLinkMessage({ kind: "link", data, attrs: {} }, out));
  const spec = encode((out) => {
    out.push(IFLA_AF_SPEC, (nested) => {
      // The bridge above the port keeps the list, not the driver of the port itself.
      nested.push(IFLA_BRIDGE_FLAGS, u16(BRIDGE_FLAGS_MASTER));
      for (const vlan of vlans) nested.push(IFLA_BRIDGE_VLAN_INFO, encodeVlan(vlan));
    });
  });
  return Buffer.concat([link, spec]);
}

function encodeVlan({ id, isPvid, isUntagged }: PortVlan): Buffer {
  const flags = linkInfo.formatBridgeVlanFlags({
    ...(isPvid && { pvid: true }),
    ...(isUntagged && { untagged: true }),
  });
  return linkInfo.formatBridgeVlanInfo({ vid: id, flags });
}

function describeIds(ids: readonly number[]): string {
  return `${ids.length === 1 ? "VLAN" : "VLANs"} ${ids.join(", ")}`;
}
