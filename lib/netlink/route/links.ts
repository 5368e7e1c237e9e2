import { type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "../message.ts";
import { encode, type LinkAttrs, linkInfo, MessageType, u8, u32 } from "./codec.ts";
import { encodeLink, type LinkAttributes, linkAttrs } from "./link-attributes.ts";
import { encodeKind, type LinkKind } from "./link-kinds.ts";
import { type BridgePort, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_MODE } from "./link-state.ts";

/** Links: RTM_NEWLINK and its kin, rtnetlink(7). What `ip link` does. */

const IFF_UP = 1;
const IFF_PROMISC = 0x100;
const IFNAMSIZ = 16;
const IFLA_EXT_MASK = 29;
const IFLA_ALT_IFNAME = 53;
const RTEXT_FILTER_SKIP_STATS = 8;

export interface LinkChange extends LinkAttributes {
  readonly isUp?: boolean;
  readonly isPromiscuous?: boolean;
  readonly bridgePort?: BridgePort;
}

/** Without its alias, which the kernel ignores here: {@link encodeSetAlias}. */
export function encodeCreateLink(spec: LinkAttributes & LinkKind): NetlinkRequest {
  const linkinfo = encodeKind(spec);
  return {
    type: MessageType.NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: encodeLink({ attrs: { ...linkAttrs(spec), linkinfo } }),
    label: `create ${spec.kind} "${spec.name ?? ""}"`,
  };
}

/** @param name what errors call the link */
export function encodeChangeLink(index: number, name: string, change: LinkChange): NetlinkRequest {
  const attrs = linkAttrs(change);
  if (change.bridgePort !== undefined) attrs.linkinfo = encodeBridgePort(change.bridgePort);
  return {
    type: MessageType.NEWLINK,
    flags: 0,
    payload: encodeLink({ index, ...flagChange(change), attrs }),
    label: `set ${Object.keys(change).map(describeChange(change)).join(", ")} of "${name}"`,
  };
}

/** For a link whose index is not known yet. */
export function encodeSetAlias(name: string, alias: string): NetlinkRequest {
  return {
    type: MessageType.NEWLINK,
    flags: 0,
    payload: encodeLink({ attrs: linkAttrs({ name, alias }) }),
    label: `set alias ${alias} of "${name}"`,
  };
}

/** Changes what only links of its kind have, as `ip link set NAME type KIND` does. */
export function encodeConfigureKind(index: number, name: string, spec: LinkKind): NetlinkRequest {
  const linkinfo = encodeKind(spec);
  return {
    type: MessageType.NEWLINK,
    flags: 0,
    payload: encodeLink({ index, attrs: { linkinfo } }),
    label: `configure ${spec.kind} "${name}"`,
  };
}

function describeChange(change: LinkChange): (key: string) => string {
  return (key) => {
    if (key === "isUp") return change.isUp ? "up" : "down";
    const value = Object.entries(change).find(([name]) => name === key)?.[1];
    return typeof value === "object" ? key : `${key} ${String(value)}`;
  };
}

export function encodeDeleteLink(index: number, name: string): NetlinkRequest {
  return {
    type: MessageType.DELLINK,
    flags: 0,
    payload: encodeLink({ index, attrs: {} }),
    label: `delete link "${name}"`,
  };
}

/** @param wanted a name (also an alternative one), an index, or undefined for all links */
export function encodeGetLink(wanted: string | number | undefined): NetlinkRequest {
  const attrs: LinkAttrs = {};
  if (typeof wanted === "string" && Buffer.byteLength(wanted) < IFNAMSIZ) attrs.ifname = wanted;
  const link = encodeLink({ attrs, ...(typeof wanted === "number" && { index: wanted }) });
  const rest = encode((out) => {
    if (typeof wanted === "string" && attrs.ifname === undefined) {
      out.push(IFLA_ALT_IFNAME, Buffer.from(`${wanted}\0`));
    }
    out.push(IFLA_EXT_MASK, u32(RTEXT_FILTER_SKIP_STATS));
  });
  return {
    type: MessageType.GETLINK,
    flags: 0,
    payload: Buffer.concat([link, Buffer.alloc(-link.length & 3), rest]),
    label: wanted === undefined ? "list links" : `get link ${JSON.stringify(wanted)}`,
  };
}

function flagChange({ isUp, isPromiscuous }: LinkChange): { flags: number; change: number } {
  const up = isUp === undefined ? 0 : IFF_UP;
  const promiscuous = isPromiscuous === undefined ? 0 : IFF_PROMISC;
  return {
    flags: (isUp === true ? up : 0) | (isPromiscuous === true ? promiscuous : 0),
    change: up | promiscuous,
  };
}

/** IFLA_INFO_SLAVE_DATA, so that one request sets the port and brings the link up. */
function encodeBridgePort(port: BridgePort): Buffer {
  const slaveData = encode((out) => {
    out.push(IFLA_BRPORT_MODE, u8(port.hairpin ? 1 : 0));
    out.push(IFLA_BRPORT_ISOLATED, u8(port.isolated ? 1 : 0));
  });
  return encode((out) => out.emit(linkInfo.formatInfo({ slaveKind: "bridge", slaveData })));
}
