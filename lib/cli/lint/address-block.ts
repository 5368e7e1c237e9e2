import { Address4, Address6 } from "ip-address";

/** Consecutive addresses of one family, both ends included. */
export interface AddressBlock {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** A subnet as it is written. */
export interface Subnet extends AddressBlock {
  readonly prefixLength: number;
  /** Without host bits, as it should be written. */
  readonly canonical: string;
  readonly hasHostBits: boolean;
}

/** @returns undefined when `text` is not ADDRESS/LENGTH */
export function parseSubnet(text: string): Subnet | undefined {
  const address = text.includes("/") ? parse(text) : undefined;
  if (address === undefined) return undefined;
  const start = address.startAddress();
  return {
    family: address.v4 ? 4 : 6,
    first: start.bigInt(),
    last: address.endAddress().bigInt(),
    prefixLength: address.subnetMask,
    canonical: `${start.correctForm()}/${address.subnetMask}`,
    hasHostBits: start.bigInt() !== address.bigInt(),
  };
}

/** @returns a block of one address, or undefined when `text` is none */
export function parseSingle(text: string): AddressBlock | undefined {
  const address = text.includes("/") ? undefined : parse(text);
  if (address === undefined) return undefined;
  const value = address.bigInt();
  return { family: address.v4 ? 4 : 6, first: value, last: value };
}

/** Without a zone: it means something to one machine only. */
function parse(text: string): Address4 | Address6 | undefined {
  if (text.includes("%")) return undefined;
  if (Address4.isValid(text)) return new Address4(text);
  return Address6.isValid(text) ? new Address6(text) : undefined;
}

export function contains(outer: AddressBlock, inner: AddressBlock): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

export function overlap(a: AddressBlock, b: AddressBlock): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
