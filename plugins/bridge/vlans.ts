import { invalidConfig } from "../../lib/cni/error.ts";
import type { PortVlan } from "../../lib/kernel/bridge-vlans.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";

/** The VLANs that a container's bridge port carries. */
export interface PortVlans {
  /** What the container sends without a tag; undefined for a trunk with the native VLAN 1. */
  readonly pvid: number | undefined;
  /** What it sends with a tag, in ascending order. */
  readonly tagged: readonly number[];
  /** Leave the port in VLAN 1, which the kernel puts every new port in. */
  readonly keepsDefault: boolean;
}

export interface VlanKeys {
  readonly vlan: number;
  readonly vlanTrunk?:
    | readonly {
        readonly minID?: number | undefined;
        readonly maxID?: number | undefined;
        readonly id?: number | undefined;
      }[]
    | undefined;
  readonly preserveDefaultVlan: boolean;
}

const LARGEST_VLAN = 4094;
const DEFAULT_VLAN = 1;

/**
 * @returns undefined when the configuration has neither `vlan` nor `vlanTrunk`
 * @throws {CniError} code 7
 */
export function parsePortVlans(keys: VlanKeys): PortVlans | undefined {
  const { vlan, vlanTrunk, preserveDefaultVlan } = keys;
  if (vlan < 0 || vlan > LARGEST_VLAN) {
    throw invalidConfig(`invalid VLAN ID ${vlan} (must be between 0 and ${LARGEST_VLAN})`);
  }
  if (vlan === 0 && vlanTrunk === undefined) return undefined;
  return {
    pvid: vlan === 0 ? undefined : vlan,
    tagged: parseTrunk(vlanTrunk ?? []),
    keepsDefault: preserveDefaultVlan,
  };
}

/** @returns the distinct VLAN IDs of all entries, in ascending order */
export function parseTrunk(trunk: NonNullable<VlanKeys["vlanTrunk"]>): number[] {
  const ids = new Set<number>();
  for (const { minID, maxID, id } of trunk) {
    for (const each of idsOfRange(minID, maxID)) ids.add(each);
    if (id !== undefined) ids.add(requireVlan(id, "incorrect trunk id parameter"));
  }
  return [...ids].sort((a, b) => a - b);
}

function idsOfRange(minID: number | undefined, maxID: number | undefined): number[] {
  if (minID === undefined && maxID === undefined) return [];
  const both = "minID and maxID should be configured simultaneously";
  if (minID === undefined) throw invalidConfig(`${both}, minID is missing`);
  if (maxID === undefined) throw invalidConfig(`${both}, maxID is missing`);
  requireVlan(minID, "incorrect trunk minID parameter");
  requireVlan(maxID, "incorrect trunk maxID parameter");
  if (minID > maxID) {
    throw invalidConfig(`minID is greater than maxID in trunk parameter: ${minID} and ${maxID}`);
  }
  return Array.from({ length: maxID - minID + 1 }, (_, index) => minID + index);
}

function requireVlan(id: number, complaint: string): number {
  if (id >= 1 && id <= LARGEST_VLAN) return id;
  throw invalidConfig(`${complaint}: ${id} is not between 1 and ${LARGEST_VLAN}`);
}

/** Plans a port's VLANs: a trunk without a VLAN of its own has VLAN 1 for untagged frames. */
export function planPortVlans({ pvid, tagged }: Omit<PortVlans, "keepsDefault">): PortVlan[] {
  const native = pvid ?? DEFAULT_VLAN;
  return [
    { id: native, isPvid: true, isUntagged: true },
    ...tagged.filter((id) => id !== native).map((id) => ({ id, isPvid: false, isUntagged: false })),
  ];
}

/** Puts a port into its VLANs, and out of the one that the kernel put it in. */
export function setPortVlans(host: Netns, port: Link, vlans: PortVlans): void {
  const hasOwn = vlans.pvid !== undefined || vlans.tagged.length > 0;
  if (hasOwn && !vlans.keepsDefault) {
    host.bridgeVlans.delete(
      port,
      host.bridgeVlans.list(port).map(({ id }) => id),
    );
  }
  if (hasOwn) host.bridgeVlans.add(port, planPortVlans(vlans));
}
