import { paddedLength } from "./data-types.ts";
import {
  type Comparison,
  compare,
  connectionStatus,
  destinationNat,
  type Expression,
  fibDestinationType,
  immediateVerdict,
  lookup,
  type MetaKey,
  mask,
  masquerade,
  meta,
  payload,
  VERDICT_REGISTER,
} from "./expressions.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The words of nft, each standing for the expressions that nft makes of it: `ip daddr 10.0.0.1` is
 * "load the family, compare, load four bytes of the network header, compare". Rules are written
 * with these; `nft --debug=netlink` prints the same expressions for the same words.
 */

/** Something of a packet that can be compared or looked up. */
export interface Field {
  /** In bytes. */
  readonly length: number;
  /** Packets that have this field; in the family inet it is asked for first. */
  readonly family?: 4 | 6;
  /** Loads all of it, or its first bytes. */
  load(register: number, length?: number): Expression;
}

function headerField(
  base: "link" | "network" | "transport",
  offset: number,
  length: number,
  family?: 4 | 6,
): Field {
  return {
    length,
    ...(family === undefined ? {} : { family }),
    load: (register, part = length) => payload(register, base, offset, part),
  };
}

function metaField(key: MetaKey, length: number): Field {
  return { length, load: (register) => meta(register, key) };
}

export const ipSaddr = headerField("network", 12, 4, 4);
export const ipDaddr = headerField("network", 16, 4, 4);
export const ip6Saddr = headerField("network", 8, 16, 6);
export const ip6Daddr = headerField("network", 24, 16, 6);
/** The destination port of TCP, UDP, SCTP and everything that has it in the same place. */
export const thDport = headerField("transport", 2, 2);
export const etherSaddr = headerField("link", 6, 6);
export const l4proto = metaField("l4proto", 1);
export const iifname = metaField("iifname", 16);
export const mark = metaField("mark", 4);

/** The number that register names start over with: four registers of 4 bytes have a name of 16. */
const NFT_REG_1 = 1;
const NFT_REG32_00 = 8;

/** @returns the name of the register that starts `bytes` after the first, as nft chooses it */
function registerAt(bytes: number): number {
  const slot = bytes / 4;
  return slot % 4 === 0 ? NFT_REG_1 + slot / 4 : NFT_REG32_00 + slot;
}

/** Loads fields into registers next to each other, which is how a concatenation is looked up. */
function load(fields: readonly Field[]): Expression[] {
  let bytes = 0;
  return fields.map((field) => {
    const expression = field.load(registerAt(bytes));
    bytes += paddedLength(field.length);
    return expression;
  });
}

const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;

/** `meta nfproto ipv4`: goes on with packets of one family. */
export function isFamily(family: 4 | 6): Expression[] {
  const number = family === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  return [meta(NFT_REG_1, "nfproto"), compare(NFT_REG_1, "==", Uint8Array.of(number))];
}

function requireFamily(fields: readonly Field[]): Expression[] {
  const family = fields.find((field) => field.family !== undefined)?.family;
  return family === undefined ? [] : isFamily(family);
}

/** `FIELD == VALUE`. The family is not asked for: the table has one, or a rule before did. */
export function equals(field: Field, operator: Comparison, value: Uint8Array): Expression[] {
  return [field.load(NFT_REG_1), compare(NFT_REG_1, operator, value)];
}

/**
 * `ip saddr 10.0.0.0/8`: compares the leading bits. Whole bytes need no mask.
 *
 * @param network the bytes of the prefix's address, all of them
 */
export function hasPrefix(
  field: Field,
  operator: Comparison,
  network: Uint8Array,
  prefixLength: number,
): Expression[] {
  const family = requireFamily([field]);
  if (prefixLength === 0 && operator === "==") return family;
  if (prefixLength % 8 === 0) {
    const length = prefixLength / 8;
    const prefix = network.subarray(0, length);
    return [...family, field.load(NFT_REG_1, length), compare(NFT_REG_1, operator, prefix)];
  }
  return [
    ...family,
    field.load(NFT_REG_1),
    mask(NFT_REG_1, prefixMask(field.length, prefixLength)),
    compare(NFT_REG_1, operator, network),
  ];
}

function prefixMask(length: number, prefixLength: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    return 0xff & (0xff << (8 - bits));
  });
}

/** `FIELD . FIELD @SET`: goes on when the set has the fields as an element. */
export function isIn(fields: readonly Field[], set: string): Expression[] {
  return [...requireFamily(fields), ...load(fields), lookup(NFT_REG_1, set)];
}

/** `FIELD . FIELD vmap @MAP`: does what the map says. */
export function verdictFrom(fields: readonly Field[], map: string): Expression[] {
  const target = VERDICT_REGISTER;
  return [...requireFamily(fields), ...load(fields), lookup(NFT_REG_1, map, { target })];
}

/** `dnat ip to FIELD . FIELD map @MAP`, whose values are an address and a port. */
export function dnatFrom(family: 4 | 6, fields: readonly Field[], map: string): Expression[] {
  const port = registerAt(family === 4 ? 4 : 16);
  return [
    ...isFamily(family),
    ...load(fields),
    lookup(NFT_REG_1, map, { target: NFT_REG_1 }),
    destinationNat(family, NFT_REG_1, port),
  ];
}

const RTN_LOCAL = 2;

/** `fib daddr type local`: goes on when the destination is an address of this node. */
export function isToThisNode(): Expression[] {
  return [
    fibDestinationType(NFT_REG_1),
    compare(NFT_REG_1, "==", Uint8Array.of(RTN_LOCAL, 0, 0, 0)),
  ];
}

const IPS_DST_NAT = 0x20;

/** `ct status dnat`: goes on with connections whose destination somebody changed. */
export function isDestinationNatted(): Expression[] {
  return [
    connectionStatus(NFT_REG_1),
    mask(NFT_REG_1, Uint8Array.of(IPS_DST_NAT, 0, 0, 0)),
    compare(NFT_REG_1, "!=", new Uint8Array(4)),
  ];
}

/** `accept`, `drop`, `return`, `jump CHAIN`, `goto CHAIN`. */
export function verdict(value: Verdict): Expression[] {
  return [immediateVerdict(value)];
}

/** `masquerade`. */
export function masqueraded(): Expression[] {
  return [masquerade()];
}
