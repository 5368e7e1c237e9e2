import { addressToBytes, parseAddress } from "../../ip/address.ts";
import { parseCidr, subnetOf } from "../../ip/cidr.ts";
import { encodeName } from "../../netlink/netfilter/data-types.ts";
import type { Comparison, Expression } from "../../netlink/netfilter/expressions.ts";
import {
  equals,
  type Field,
  hasPrefix,
  iifname,
  ip6Daddr,
  ip6Saddr,
  ipDaddr,
  ipSaddr,
  mark,
  verdict,
} from "../../netlink/netfilter/statements.ts";
import { sha512 } from "../../sys/sha512.ts";
import { type RuleChain, TRANSLATE } from "./chains.ts";
import { table } from "./layout.ts";

/**
 * Conditions: words of nft that a packet must fulfil before its destination is changed, as in
 * `["ip", "saddr", "!=", "10.0.0.0/8", "iifname", "eth0"]`. Understood are the fields below,
 * compared with "==" (which may be left out) or "!=", with one value each.
 */

interface Word {
  readonly words: readonly string[];
  readonly families: readonly (4 | 6)[];
  encode(operator: Comparison, value: string): Expression[] | undefined;
}

function addressWord(words: readonly string[], family: 4 | 6, field: Field): Word {
  const encode = (operator: Comparison, value: string) => {
    const address = parseAddress(value);
    const cidr =
      address === undefined ? parseCidr(value) : { address, prefixLength: field.length * 8 };
    if (cidr === undefined || cidr.address.family !== family || cidr.prefixLength === 0)
      return undefined;
    const network = addressToBytes(subnetOf(cidr).address);
    return hasPrefix(field, operator, network, cidr.prefixLength);
  };
  return { words, families: [family], encode };
}

function encodeInterface(operator: Comparison, value: string): Expression[] | undefined {
  const name = value.replaceAll('"', "");
  return /^[^\s/:*]{1,15}$/.test(name) ? equals(iifname, operator, encodeName(name)) : undefined;
}

function encodeMark(operator: Comparison, value: string): Expression[] | undefined {
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(value) || Number(value) > 0xffff_ffff) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Number(value));
  return equals(mark, operator, bytes);
}

const both = [4, 6] as const;

const words: readonly Word[] = [
  addressWord(["ip", "saddr"], 4, ipSaddr),
  addressWord(["ip", "daddr"], 4, ipDaddr),
  addressWord(["ip6", "saddr"], 6, ip6Saddr),
  addressWord(["ip6", "daddr"], 6, ip6Daddr),
  { words: ["meta", "iifname"], families: both, encode: encodeInterface },
  { words: ["iifname"], families: both, encode: encodeInterface },
  { words: ["meta", "mark"], families: both, encode: encodeMark },
  { words: ["mark"], families: both, encode: encodeMark },
];

/** Conditions that we do not understand. */
export class UnknownConditionError extends Error {
  override readonly name = "UnknownConditionError";
}

/** @throws {UnknownConditionError} naming the word that is not understood */
export function parseConditions(conditions: readonly string[], family: 4 | 6): Expression[] {
  // One string may hold several words: the Go suite joins them with spaces.
  const rest = conditions
    .join(" ")
    .split(/\s+/)
    .filter((word) => word !== "");
  const expressions: Expression[] = [];
  while (rest.length > 0) expressions.push(...parseCondition(rest, family));
  return expressions;
}

/** Takes the words of one comparison from the front of `rest`. */
function parseCondition(rest: string[], family: 4 | 6): Expression[] {
  const text = rest.join(" ");
  const word = words.find(
    (each) =>
      each.families.includes(family) && each.words.every((part, index) => part === rest[index]),
  );
  if (word === undefined) {
    const known = words.filter(({ families }) => families.includes(family));
    const names = known.map((each) => each.words.join(" ")).join(", ");
    throw new UnknownConditionError(`"${text}" starts with none of: ${names}`);
  }
  rest.splice(0, word.words.length);
  const operator = takeOperator(rest);
  const value = rest.shift();
  const expressions = value === undefined ? undefined : word.encode(operator, value);
  if (expressions !== undefined) return expressions;
  throw new UnknownConditionError(
    `"${value ?? ""}" is no value for "${word.words.join(" ")}", which takes one value`,
  );
}

function takeOperator(rest: string[]): Comparison {
  const [first] = rest;
  if (first === "==" || first === "eq") rest.shift();
  else if (first === "!=" || first === "ne") {
    rest.shift();
    return "!=";
  }
  return "==";
}

/**
 * The chain that lets those packets through to be translated that fulfil the conditions. Its name
 * follows from them: networks with the same conditions share it, and no others.
 */
export function conditionChain(conditions: readonly string[], family: 4 | 6): RuleChain {
  const text = conditions.join(" ");
  const hash = sha512(text, "hex").slice(0, 16);
  const expressions = [
    ...parseConditions(conditions, family),
    ...verdict({ kind: "goto", chain: TRANSLATE }),
  ];
  const comment = text.replaceAll(/[^\x20-\x7e]|"/g, "").slice(0, 120);
  return {
    chain: { table, name: `if_ip${family === 4 ? "" : "6"}_${hash}`, comment },
    rules: [{ expressions }],
  };
}
