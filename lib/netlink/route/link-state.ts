import { formatMac } from "../../ip/mac.ts";
import type { NetlinkMessage } from "../message.ts";
import { MessageType, parseAttributes } from "./codec.ts";
import { decodeKindState, type KindState } from "./link-kinds.ts";
import { pickAttributes } from "./pick-attributes.ts";

/** What the kernel says of a link: the answer to RTM_GETLINK, and the event of a change. */

const IFINFOMSG_LENGTH = 16;
const IFF_UP = 1;
const IFF_PROMISC = 0x100;

// Attributes, include/uapi/linux/if_link.h.
const linkAttributes = {
  1: "address",
  3: "ifname",
  4: "mtu",
  5: "link",
  10: "master",
  16: "operstate",
  18: "linkinfo",
  20: "ifalias",
  52: "propList",
} as const;
const infoAttributes = { 1: "kind", 2: "data", 4: "slaveKind", 5: "slaveData" } as const;
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
 * @returns undefined for any other message, such as the removal of a link
 * @throws {MalformedMessageError}
 * @throws {RangeError} when an attribute is too short
 */
export function decodeLink({ type, payload }: NetlinkMessage): Link | undefined {
  if (type !== MessageType.NEWLINK) return undefined;
  const attrs = pickAttributes(payload, IFINFOMSG_LENGTH, linkAttributes);
  const { kind, state, bridgePort } = decodeInfo(attrs.linkinfo);
  const flags = payload.readUInt32LE(8);
  return {
    index: payload.readUInt32LE(4),
    name: text(attrs.ifname),
    altNames: decodeAltNames(attrs.propList),
    kind,
    ...state,
    mac: formatMac(attrs.address ?? Buffer.alloc(0)),
    mtu: attrs.mtu?.readUInt32LE(0) ?? 0,
    isUp: (flags & IFF_UP) !== 0,
    isPromiscuous: (flags & IFF_PROMISC) !== 0,
    operState: operStates[attrs.operstate?.readUInt8(0) ?? 0] ?? "unknown",
    master: attrs.master?.readUInt32LE(0),
    bridgePort,
    parent: attrs.link?.readUInt32LE(0),
    alias: text(attrs.ifalias),
  };
}

function decodeInfo(info: Buffer | undefined) {
  if (info === undefined) return { kind: "", state: {}, bridgePort: undefined };
  const attrs = pickAttributes(info, 0, infoAttributes);
  const { data, slaveData } = attrs;
  const kind = text(attrs.kind);
  return {
    kind,
    state: data === undefined ? {} : decodeKindState(kind, data),
    bridgePort:
      slaveData && text(attrs.slaveKind) === "bridge" ? decodeBridgePort(slaveData) : undefined,
  };
}

function decodeBridgePort(slaveData: Buffer): BridgePort {
  const { mode, isolated } = pickAttributes(slaveData, 0, {
    [IFLA_BRPORT_MODE]: "mode",
    [IFLA_BRPORT_ISOLATED]: "isolated",
  });
  return { hairpin: mode?.[0] === 1, isolated: isolated?.[0] === 1 };
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
