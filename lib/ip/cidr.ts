import {
  type Address,
  bitsOf,
  type Family,
  formatAddress,
  isMapped,
  isSameAddress,
  maxValue,
  parseLiteral,
} from "./address.ts";

/**
 * An address with the length of its network's prefix. Host bits are kept: "10.1.2.3/24" is the
 * address of an interface, its {@link subnetOf} "10.1.2.0/24" a destination.
 */
export interface Cidr {
  readonly address: Address;
  readonly prefixLength: number;
}

/**
 * Parses "ADDRESS/LENGTH" as Go's `net.ParseCIDR` does, and keeps host bits. An IPv4-mapped
 * address with a prefix that reaches into its IPv4 part counts as IPv4.
 *
 * @returns undefined when `text` is not that
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = parseLiteral(text.slice(0, Math.max(slash, 0)));
  const length = text.slice(slash + 1);
  if (slash < 0 || address === undefined || !/^\d{1,7}$/.test(length)) return undefined;
  const prefixLength = Number(length);
  if (prefixLength > bitsOf(address.family)) return undefined;
  return unmapped({ address, prefixLength });
}

/** ::ffff:10.0.0.1/120 is 10.0.0.1/24; with a prefix too short for that, it is neither. */
function unmapped({ address, prefixLength }: Cidr): Cidr | undefined {
  if (address.family === 4 || !isMapped(address.value)) return { address, prefixLength };
  if (prefixLength < 96) return undefined;
  const value = address.value & maxValue(4);
  return { address: { family: 4, value }, prefixLength: prefixLength - 96 };
}

export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${formatAddress(address)}/${prefixLength}`;
}

/** @returns `address` alone: with /32 or /128 */
export function hostCidr(address: Address): Cidr {
  return { address, prefixLength: bitsOf(address.family) };
}

/** The bits below the prefix, all set. */
function hostMask(family: Family, prefixLength: number): bigint {
  return (1n << BigInt(bitsOf(family) - prefixLength)) - 1n;
}

/** @returns the network's own address: host bits all zero */
export function networkAddress({ address, prefixLength }: Cidr): Address {
  const { family, value } = address;
  return { family, value: value & (maxValue(family) ^ hostMask(family, prefixLength)) };
}

/** @returns the network's last address: host bits all one; the broadcast address of IPv4 */
export function lastAddress({ address, prefixLength }: Cidr): Address {
  const { family, value } = address;
  return { family, value: value | hostMask(family, prefixLength) };
}

/** @returns the same without host bits */
export function subnetOf(cidr: Cidr): Cidr {
  return { address: networkAddress(cidr), prefixLength: cidr.prefixLength };
}

export function hasHostBits(cidr: Cidr): boolean {
  return !isSameAddress(cidr.address, networkAddress(cidr));
}

/** Whether `address` lies in the network of `cidr`. */
export function containsAddress(cidr: Cidr, address: Address): boolean {
  if (cidr.address.family !== address.family) return false;
  return isSameAddress(
    networkAddress(cidr),
    networkAddress({ address, prefixLength: cidr.prefixLength }),
  );
}

/** Whether some address lies in both networks: one of them contains the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.prefixLength <= b.prefixLength
    ? containsAddress(a, b.address)
    : containsAddress(b, a.address);
}

export function isSameCidr(a: Cidr, b: Cidr): boolean {
  return a.prefixLength === b.prefixLength && isSameAddress(a.address, b.address);
}
