import { encode, linkInfo, u8, u16, u32 } from "./codec.ts";
import { encodeLink, type LinkAttributes, linkAttrs } from "./link-attributes.ts";
import { pickAttributes } from "./pick-attributes.ts";

/**
 * What `ip link add type KIND` takes beside the attributes that every link has: IFLA_INFO_DATA in
 * include/uapi/linux/if_link.h.
 */
export type LinkKind =
  | { readonly kind: "bridge"; readonly vlanFiltering?: boolean }
  | { readonly kind: "veth"; readonly peer: LinkAttributes }
  | { readonly kind: "vlan"; readonly id: number }
  | { readonly kind: "macvlan"; readonly mode: MacvlanMode; readonly broadcastQueueLength?: number }
  | { readonly kind: "ipvlan"; readonly mode: IpvlanMode }
  | { readonly kind: "vrf"; readonly table: number }
  | { readonly kind: "dummy" }
  | { readonly kind: "ifb" };

export type MacvlanMode = "private" | "vepa" | "bridge" | "passthru";
export type IpvlanMode = "l2" | "l3" | "l3s";

/** What a link tells about its kind, as far as CHECK wants to know. */
export interface KindState {
  readonly vlanFiltering?: boolean;
  readonly vlanId?: number;
  readonly macvlanMode?: MacvlanMode;
  readonly ipvlanMode?: IpvlanMode;
  readonly vrfTable?: number;
}

const ETH_P_8021Q = 0x8100;
const IFLA_BR_VLAN_FILTERING = 7;
const IFLA_MACVLAN_BC_QUEUE_LEN = 7;
const macvlanModes: Record<MacvlanMode, number> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
const ipvlanModes: Record<IpvlanMode, number> = { l2: 0, l3: 1, l3s: 2 };

/** @returns the value of IFLA_LINKINFO */
export function encodeKind(spec: LinkKind): Buffer {
  const data = encodeKindData(spec);
  return encode((out) => out.emit(linkInfo.formatInfo({ kind: spec.kind, ...(data && { data }) })));
}

function encodeKindData(spec: LinkKind): Buffer | undefined {
  switch (spec.kind) {
    case "bridge":
      if (spec.vlanFiltering === undefined) return undefined;
      return encode((out) =>
        out.emit(linkInfo.formatBridge({ vlanFiltering: u8(spec.vlanFiltering ? 1 : 0) })),
      );
    case "veth":
      return encode((out) =>
        out.emit(linkInfo.formatVethInfo({ peer: encodeLink({ attrs: linkAttrs(spec.peer) }) })),
      );
    case "vlan":
      return encode((out) =>
        out.emit(linkInfo.formatVlan({ id: spec.id, protocol: bigEndian16(ETH_P_8021Q) })),
      );
    case "macvlan":
      return encode((out) => {
        out.emit(linkInfo.formatMacvlan({ mode: macvlanModes[spec.mode] }));
        if (spec.broadcastQueueLength !== undefined) {
          out.push(IFLA_MACVLAN_BC_QUEUE_LEN, u32(spec.broadcastQueueLength));
        }
      });
    case "ipvlan":
      return encode((out) => out.push(1, u16(ipvlanModes[spec.mode])));
    case "vrf":
      return encode((out) => out.emit(linkInfo.formatVrf({ table: spec.table })));
    case "dummy":
    case "ifb":
      return undefined;
  }
}

/** The codec writes this protocol number in host order where the kernel wants network order. */
function bigEndian16(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** @param data the value of IFLA_INFO_DATA */
export function decodeKindState(kind: string, data: Buffer): KindState {
  switch (kind) {
    case "bridge":
      return decodeBridge(data);
    case "vlan": {
      const { id } = linkInfo.parseVlan(data);
      return id === undefined ? {} : { vlanId: id };
    }
    case "macvlan": {
      const mode = nameOf(macvlanModes, linkInfo.parseMacvlan(data).mode);
      return mode === undefined ? {} : { macvlanMode: mode };
    }
    case "ipvlan": {
      const mode = nameOf(ipvlanModes, linkInfo.parseIpvlan(data).mode);
      return mode === undefined ? {} : { ipvlanMode: mode };
    }
    case "vrf": {
      const { table } = linkInfo.parseVrf(data);
      return table === undefined ? {} : { vrfTable: table };
    }
    default:
      return {};
  }
}

function decodeBridge(data: Buffer): KindState {
  const { vlanFiltering } = pickAttributes(data, 0, { [IFLA_BR_VLAN_FILTERING]: "vlanFiltering" });
  return vlanFiltering === undefined ? {} : { vlanFiltering: vlanFiltering[0] === 1 };
}

function nameOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  wanted: number | undefined,
): Name | undefined {
  for (const name in numbers) {
    if (numbers[name] === wanted) return name;
  }
  return undefined;
}
