import { invalidConfig } from "../../lib/cni/error.ts";
import { type Address, compareAddresses, type Family } from "../../lib/ip/address.ts";
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
  const overlap = findOverlap(set.map((range) => [range]));
  if (overlap !== undefined) {
    const [a, b] = overlap.ranges.map(formatRange);
    throw invalidConfig(`subnets ${a} and ${b} overlap`);
  }
  return set;
}

/** @throws {CniError} code 7 when an address lies in more than one set */
export function refuseOverlaps(sets: readonly RangeSet[]): void {
  const overlap = findOverlap(sets);
  if (overlap === undefined) return;
  const [a, b] = overlap.groups;
  throw invalidConfig(`range set ${a} overlaps with ${b}`);
}

interface Overlap {
  readonly groups: readonly [number, number];
  readonly ranges: readonly [Range, Range];
}

/**
 * @param groups each of ranges that do not overlap among themselves
 * @returns the first two groups, by their order, that have an address in common
 */
function findOverlap(groups: readonly (readonly Range[])[]): Overlap | undefined {
  const index = findOverlapping(groups);
  const group = index === undefined ? undefined : groups[index];
  if (index === undefined || group === undefined) return undefined;
  for (let other = index + 1; other < groups.length; other++) {
    for (const range of groups[other] ?? []) {
      const own = group.find((each) => rangesOverlap(each, range));
      if (own !== undefined) return { groups: [index, other], ranges: [own, range] };
    }
  }
  return undefined;
}

/**
 * Finds the first group that overlaps with any other: by sorting, since to compare each with each
 * would take hours for what fits into a configuration.
 */
function findOverlapping(groups: readonly (readonly Range[])[]): number | undefined {
  const all = groups.flatMap((ranges, group) => ranges.map((range) => ({ range, group })));
  all.sort((a, b) => compareAddresses(a.range.first, b.range.first));
  let found: number | undefined;
  let [farthest] = all;
  for (const each of all.slice(1)) {
    if (farthest !== undefined && rangesOverlap(farthest.range, each.range)) {
      found = Math.min(found ?? each.group, each.group, farthest.group);
      if (compareAddresses(each.range.last, farthest.range.last) <= 0) continue;
    }
    farthest = each;
  }
  return found;
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
