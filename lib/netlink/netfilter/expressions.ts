import { type Attribute, be32, bytes, nested, text } from "./attributes.ts";
import { encodeVerdict, type Verdict } from "./verdict.ts";

/**
 * Expressions: the instructions of nf_tables' virtual machine, one function each. A rule is a list
 * of them, carried out in order until one does not match. They hand values on in registers:
 * include/uapi/linux/netfilter/nf_tables.h. {@link ./statements.ts} puts them together.
 */
export interface Expression {
  /** The kernel's name for it. */
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_DATA_VALUE = 1;

/** @returns the attribute `type`, a member of a rule's list of expressions */
export function encodeExpression(type: number, { name, attributes }: Expression): Attribute {
  return nested(type, text(NFTA_EXPR_NAME, name), nested(NFTA_EXPR_DATA, ...attributes));
}

function expression(name: string, ...attributes: (Attribute | undefined)[]): Expression {
  return { name, attributes: attributes.filter((attribute) => attribute !== undefined) };
}

function value(type: number, data: Uint8Array): Attribute {
  return nested(type, bytes(NFTA_DATA_VALUE, data));
}

/** The header that an offset counts from. */
const payloadBases = { link: 0, network: 1, transport: 2 } as const;

/** Loads bytes of the packet: `[ payload load 4b @ network header + 16 => reg 1 ]`. */
export function payload(
  register: number,
  base: keyof typeof payloadBases,
  offset: number,
  length: number,
): Expression {
  return expression(
    "payload",
    be32(1, register), // NFTA_PAYLOAD_DREG
    be32(2, payloadBases[base]), // NFTA_PAYLOAD_BASE
    be32(3, offset), // NFTA_PAYLOAD_OFFSET
    be32(4, length), // NFTA_PAYLOAD_LEN
  );
}

/** `enum nft_meta_keys`: facts about a packet that are not in it. */
const metaKeys = { mark: 3, iifname: 6, oifname: 7, nfproto: 15, l4proto: 16 } as const;

export type MetaKey = keyof typeof metaKeys;

export function meta(register: number, key: MetaKey): Expression {
  // NFTA_META_KEY, NFTA_META_DREG
  return expression("meta", be32(2, metaKeys[key]), be32(1, register));
}

const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 2;

/** Loads what the routing tables say of the destination, a `RTN_*` number in host byte order. */
export function fibDestinationType(register: number): Expression {
  return expression(
    "fib",
    be32(3, NFTA_FIB_F_DADDR), // NFTA_FIB_FLAGS
    be32(2, NFT_FIB_RESULT_ADDRTYPE), // NFTA_FIB_RESULT
    be32(1, register), // NFTA_FIB_DREG
  );
}

const NFT_CT_STATUS = 2;

/** Loads `IPS_*` bits of the packet's connection, in host byte order. */
export function connectionStatus(register: number): Expression {
  // NFTA_CT_KEY, NFTA_CT_DREG
  return expression("ct", be32(2, NFT_CT_STATUS), be32(1, register));
}

const comparisons = { "==": 0, "!=": 1 } as const;

export type Comparison = keyof typeof comparisons;

/** Goes on when the register holds, or does not hold, these bytes. */
export function compare(register: number, operator: Comparison, data: Uint8Array): Expression {
  return expression(
    "cmp",
    be32(1, register), // NFTA_CMP_SREG
    be32(2, comparisons[operator]), // NFTA_CMP_OP
    value(3, data), // NFTA_CMP_DATA
  );
}

const NFT_BITWISE_BOOL = 0;

/** Clears the bits that are not in `bits`. */
export function mask(register: number, bits: Uint8Array): Expression {
  return expression(
    "bitwise",
    be32(1, register), // NFTA_BITWISE_SREG
    be32(2, register), // NFTA_BITWISE_DREG
    be32(3, bits.length), // NFTA_BITWISE_LEN
    be32(6, NFT_BITWISE_BOOL), // NFTA_BITWISE_OP
    value(4, bits), // NFTA_BITWISE_MASK
    value(5, new Uint8Array(bits.length)), // NFTA_BITWISE_XOR
  );
}

const NFT_LOOKUP_F_INV = 1;
export const VERDICT_REGISTER = 0;

/** Looks the registers from `source` on up in a set, or in a map whose value goes to `target`. */
export function lookup(
  source: number,
  set: string,
  options: { readonly target?: number; readonly isInverted?: boolean } = {},
): Expression {
  const { target, isInverted } = options;
  return expression(
    "lookup",
    be32(2, source), // NFTA_LOOKUP_SREG
    target === undefined ? undefined : be32(3, target), // NFTA_LOOKUP_DREG
    text(1, set), // NFTA_LOOKUP_SET
    isInverted ? be32(5, NFT_LOOKUP_F_INV) : undefined, // NFTA_LOOKUP_FLAGS
  );
}

export function immediateVerdict(verdict: Verdict): Expression {
  // NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA
  return expression("immediate", be32(1, VERDICT_REGISTER), encodeVerdict(2, verdict));
}

const NFT_NAT_DNAT = 1;
const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;

/** Changes the destination to the address and the port in two registers. */
export function destinationNat(family: 4 | 6, address: number, port: number): Expression {
  return expression(
    "nat",
    be32(1, NFT_NAT_DNAT), // NFTA_NAT_TYPE
    be32(2, family === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6), // NFTA_NAT_FAMILY
    be32(3, address), // NFTA_NAT_REG_ADDR_MIN
    be32(5, port), // NFTA_NAT_REG_PROTO_MIN
  );
}

/** Changes the source to the address of the link that the packet leaves through. */
export function masquerade(): Expression {
  return expression("masq");
}
