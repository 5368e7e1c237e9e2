/**
 * IP addresses as values. Our own few lines because they run on every call: importing the
 * `ip-address` package costs more time than all of host-local's ADD (README, "Decisions"). It is
 * the oracle that the tests compare these functions with.
 */

export type Family = 4 | 6;

/** An IP address. `value` is the address as one unsigned number, 32 or 128 bits wide. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** @returns 32 or 128 */
export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** @returns the address above all others of its family, as a number */
export function maxValue(family: Family): bigint {
  return family === 4 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffffn;
}

const MAPPED_PREFIX = 0xffffn; // the upper 96 bits of ::ffff:0:0/96 (RFC 4291, 2.5.5.2)

/** @returns whether this IPv6 number is an IPv4 address in disguise, ::ffff:a.b.c.d */
export function isMapped(value: bigint): boolean {
  return value >> 32n === MAPPED_PREFIX;
}

/**
 * Parses an address as Go's `net.ParseIP` does, since both suites must agree on what a
 * configuration means: four decimal octets without leading zeros, or IPv6 in any form of RFC 4291,
 * without a zone. An IPv4-mapped IPv6 address counts as IPv4.
 *
 * @returns undefined when `text` is not an address
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) {
    const value = parseOctets(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  const value = parseGroups(text);
  if (value === undefined) return undefined;
  return isMapped(value) ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** @returns the address that `text` spells with its family kept: ::ffff:1.2.3.4 stays IPv6 */
export function parseLiteral(text: string): Address | undefined {
  if (!text.includes(":")) return parseAddress(text);
  const value = parseGroups(text);
  return value === undefined ? undefined : { family: 6, value };
}

const OCTETS = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** @returns the 32 bits of a dotted IPv4 address */
function parseOctets(text: string): number | undefined {
  const match = OCTETS.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (let index = 1; index <= 4; index++) {
    const octet = Number(match[index]);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

const GROUP = /^[0-9a-f]{1,4}$/i;
const GROUPS = 8;

/** @returns the 128 bits of an IPv6 address in any of its text forms */
function parseGroups(text: string): bigint | undefined {
  const halves = withHexTail(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const before = splitGroups(head);
  const after = splitGroups(tail ?? "");
  // "::" stands for at least one group of zeros.
  const gap = GROUPS - before.length - after.length;
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
  const groups = [...before, ...Array<string>(gap).fill("0"), ...after];
  if (groups.some((group) => !GROUP.test(group))) return undefined;
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

function splitGroups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

/** Rewrites a dotted last part, as in ::ffff:1.2.3.4, to two groups of hexadecimal digits. */
function withHexTail(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const start = text.lastIndexOf(":") + 1;
  const value = parseOctets(text.slice(start));
  if (value === undefined) return undefined;
  return `${text.slice(0, start)}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}

/**
 * Formats an address in canonical form: dotted, or RFC 5952 (lower case, the longest run of two
 * or more zero groups compressed, the first of equally long ones). Byte for byte what Go prints:
 * host-local names files by it.
 */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return formatOctets(Number(value));
  if (isMapped(value)) return `::ffff:${formatOctets(Number(value & 0xffff_ffffn))}`;
  const groups = value.toString(16).padStart(32, "0").match(/.{4}/g) ?? [];
  const digits = groups.map((group) => group.replace(/^0{1,3}/, ""));
  const { start, length } = longestZeroRun(digits);
  if (length < 2) return digits.join(":");
  return `${digits.slice(0, start).join(":")}::${digits.slice(start + length).join(":")}`;
}

function formatOctets(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === "0" ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}

/** @returns 4 or 16 bytes in network byte order, the form of netlink attributes */
export function addressToBytes({ family, value }: Address): Buffer {
  const bytes = Buffer.alloc(bitsOf(family) / 8);
  let rest = value;
  for (let index = bytes.length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * Reads an address in network byte order. What the kernel holds is kept as it is: 16 bytes are
 * IPv6, also when they are an IPv4-mapped address.
 *
 * @param bytes 4 or 16 of them
 * @throws {RangeError} for any other number
 */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`An IP address has 4 or 16 bytes, not ${bytes.length}`);
  }
  let value = 0n;
  for (let index = 0; index < bytes.length; index++) {
    value = (value << 8n) | BigInt(bytes[index] ?? 0);
  }
  return { family: bytes.length === 4 ? 4 : 6, value };
}

/** @returns negative, 0 or positive, as `sort` wants it; IPv4 comes before IPv6 */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}

export function isSameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** @returns the address `count` further on, or before when negative; undefined past either end */
export function offsetAddress({ family, value }: Address, count: number): Address | undefined {
  const moved = value + BigInt(count);
  return moved < 0n || moved > maxValue(family) ? undefined : { family, value: moved };
}
