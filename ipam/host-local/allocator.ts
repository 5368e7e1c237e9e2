import { type Address, isSameAddress } from "../../lib/ip/address.ts";
import { contains, type Range } from "./range.ts";
import type { RangeSet } from "./range-set.ts";

/** Addresses of one range that follow each other, both ends included, no gateway among them. */
export interface Stretch {
  readonly range: Range;
  readonly first: Address;
  readonly last: Address;
}

/**
 * Plans where to look for a free address: round the set like round a clock, from the one after
 * `lastReserved` to `lastReserved` itself. An address that was just released is therefore the last
 * to be given out again, and packets that still travel to its old owner meet no new one. Without
 * a usable `lastReserved`, from the set's first address to its last.
 *
 * @returns stretches that together hold every address of the set once, but the gateways
 */
export function planSearch(set: RangeSet, lastReserved: Address | undefined): Stretch[] {
  const range = set.find((each) => lastReserved !== undefined && contains(each, lastReserved));
  if (range === undefined || lastReserved === undefined) return set.flatMap(wholeRange);
  const start = set.indexOf(range);
  return [
    ...stretchesOf(range, lastReserved.value + 1n, range.last.value),
    ...set.slice(start + 1).flatMap(wholeRange),
    ...set.slice(0, start).flatMap(wholeRange),
    ...stretchesOf(range, range.first.value, lastReserved.value),
  ];
}

function wholeRange(range: Range): Stretch[] {
  return stretchesOf(range, range.first.value, range.last.value);
}

/** The range's addresses from `first` to `last`: cut in two by the gateway if it lies between. */
function stretchesOf(range: Range, first: bigint, last: bigint): Stretch[] {
  const { family } = range.first;
  const gateway = range.gateway.family === family ? range.gateway.value : -1n;
  const parts =
    first <= gateway && gateway <= last
      ? [
          { first, last: gateway - 1n },
          { first: gateway + 1n, last },
        ]
      : [{ first, last }];
  return parts
    .filter((part) => part.first <= part.last)
    .map((part) => ({
      range,
      first: { family, value: part.first },
      last: { family, value: part.last },
    }));
}

/** @returns those of `requested` that lie in the set, and the others, both in their order */
export function splitRequested(
  set: RangeSet,
  requested: readonly Address[],
): { readonly inside: Address | undefined; readonly others: readonly Address[] } {
  const inside = requested.find((address) => set.some((range) => contains(range, address)));
  const others = requested.filter(
    (address) => inside === undefined || !isSameAddress(address, inside),
  );
  return { inside, others };
}
