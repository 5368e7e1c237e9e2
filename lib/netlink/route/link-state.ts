import { formatMac } from "../../ip/mac.ts";
import type { NetlinkMessage } from "../message.ts";
import { linkInfo, MessageType, parseAttributes } from "./codec.ts";
import { decodeKindState, type KindState } from "./link-kinds.ts";

/** What the kernel says of a link: the answer to RTM_GETLINK, and the event of a change. */

const IFINFOMSG_LENGTH = 16;
const IFF_UP = 1;
const IFF_PROMISC = 0x100;

// Attributes, include/uapi/linux/if_link.h.
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_PROP_LIST = 52;
const IFLA_ALT_IFNAME = 53;
export const IFLA_BRPORT_MODE = 4;
export const IFLA_BRPORT_ISOLATED = 33;

/** A link as the kernel describes it. */
export interface Link extends KindState {
  readonly index: number;
  readonly name: string;
  readonly altNames: readonly string[];
  /** "veth", "bridge", …; "" for what is no virtual device, such as lo. */
  readonly kind: string;
  /** Lower case, with colons; "" where the link layer has no addresses. */
  readonly mac: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly isPromiscuous: boolean;
  readonly operState: OperState;
  readonly master: number | undefined;
  /** How the bridge that is its master treats it. */
  readonly bridgePort: BridgePort | undefined;
  /** IFLA_LINK: the other end of a veth pair, the link below a VLAN. */
  readonly parent: number | undefined;
  readonly alias: string;
}

/** RFC 2863 as the kernel numbers it, include/uapi/linux/if.h. */
const operStates = [
  "unknown",
  "notpresent",
  "down",
  "lowerlayerdown",
  "testing",
  "dormant",
  "up",
] as const;

export type OperState = (typeof operStates)[number];

/** How a bridge treats a link that is its port. */
export interface BridgePort {
  /** Frames may leave through the port they came in by. */
  readonly hairpin: boolean;
  /** No frames from or to other isolated ports. */
  readonly isolated: boolean;
}

/**
 * Reads the attributes that plugins ask for, one by one: the codec would read all sixty with every
 * counter, which takes five times as long, several times a call.
 *
 * @returns undefined for any other message, such as the removal of a link
 * @throws {RangeError} when an attribute is too short
 */
export function decodeLink({ type, payload }: NetlinkMessage): Link | undefined {
  if (type !== MessageType.NEWLINK) return undefined;
  const values = new Map<number, Buffer>();
  parseAttributes(payload.subarray(IFINFOMSG_LENGTH), (attribute) => {
    values.set(attribute.type, attribute.data);
  });
  const { kind, state, bridgePort } = decodeInfo(values.get(IFLA_LINKINFO));
  const flags = payload.readUInt32LE(8);
  return {
    index: payload.readUInt32LE(4),
    name: text(values.get(IFLA_IFNAME)),
    altNames: decodeAltNames(values.get(IFLA_PROP_LIST)),
    kind,
    ...state,
    mac: formatMac(values.get(IFLA_ADDRESS) ?? Buffer.alloc(0)),
    mtu: values.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    isUp: (flags & IFF_UP) !== 0,
    isPromiscuous: (flags & IFF_PROMISC) !== 0,
    operState: operStates[values.get(IFLA_OPERSTATE)?.readUInt8(0) ?? 0] ?? "unknown",
    master: values.get(IFLA_MASTER)?.readUInt32LE(0),
    bridgePort,
    parent: values.get(IFLA_LINK)?.readUInt32LE(0),
    alias: text(values.get(IFLA_IFALIAS)),
  };
}

function decodeInfo(info: Buffer | undefined) {
  if (info === undefined) return { kind: "", state: {}, bridgePort: undefined };
  const { kind = "", data, slaveKind, slaveData } = linkInfo.parseInfo(info);
  return {
    kind,
    state: data === undefined ? {} : decodeKindState(kind, data),
    bridgePort: slaveKind === "bridge" && slaveData ? decodeBridgePort(slaveData) : undefined,
  };
}

function decodeBridgePort(slaveData: Buffer): BridgePort {
  let hairpin = false;
  let isolated = false;
  parseAttributes(slaveData, ({ type, data }) => {
    if (type === IFLA_BRPORT_MODE) hairpin = data[0] === 1;
    if (type === IFLA_BRPORT_ISOLATED) isolated = data[0] === 1;
  });
  return { hairpin, isolated };
}

function decodeAltNames(propList: Buffer | undefined): string[] {
  const names: string[] = [];
  if (propList === undefined) return names;
  parseAttributes(propList, ({ type, data }) => {
    if (type === IFLA_ALT_IFNAME) names.push(text(data));
  });
  return names;
}

function text(value: Buffer | undefined): string {
  return value === undefined ? "" : value.toString("utf8").replace(/\0+$/, "");
}
