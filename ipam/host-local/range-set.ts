import { invalidConfig } from "../../lib/cni/error.ts";
import type { Address, Family } from "../../lib/ip/address.ts";
import {
  contains,
  formatRange,
  planRange,
  type Range,
  type RangeConfig,
  rangesOverlap,
} from "./range.ts";

/** Ranges that together are one pool: an attachment gets one address out of each set. */
export type RangeSet = readonly [Range, ...Range[]];

/** @throws {CniError} code 7, in the reference's words */
export function planRangeSet(configs: readonly RangeConfig[]): RangeSet {
  const [first, ...others] = configs.map(planRange);
  if (first === undefined) throw invalidConfig("empty range set");
  const set: RangeSet = [first, ...others];
  if (others.some((range) => range.first.family !== first.first.family)) {
    throw invalidConfig("mixed address families");
  }
  for (const [a, b] of pairsOf(set)) {
    if (rangesOverlap(a, b)) {
      throw invalidConfig(`subnets ${formatRange(a)} and ${formatRange(b)} overlap`);
    }
  }
  return set;
}

/** @throws {CniError} code 7 when an address lies in more than one set */
export function refuseOverlaps(sets: readonly RangeSet[]): void {
  for (const [a, b] of pairsOf(sets)) {
    if (!a.some((range) => b.some((other) => rangesOverlap(range, other)))) continue;
    throw invalidConfig(`range set ${sets.indexOf(a)} overlaps with ${sets.indexOf(b)}`);
  }
}

function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, index) => items.slice(index + 1).map((b): [T, T] => [a, b]));
}

export function familyOf([first]: RangeSet): Family {
  return first.first.family;
}

/** @returns the range that `address` lies in */
export function findRange(set: RangeSet, address: Address): Range | undefined {
  return set.find((range) => contains(range, address));
}

/** @returns "10.1.2.1-10.1.2.254,10.9.0.1-10.9.0.14" */
export function formatRangeSet(set: RangeSet): string {
  return set.map(formatRange).join(",");
}
