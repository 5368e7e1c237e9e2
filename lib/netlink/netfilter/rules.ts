import {
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_APPEND,
  NLM_F_CREATE,
} from "../message.ts";
import { AttributeMap, be64, bytes, listAttributes, nested, text } from "./attributes.ts";
import { type Chain, describeChain } from "./chains.ts";
import { type Expression, encodeExpression } from "./expressions.ts";
import { decodeMessage, encodeRequest, NFNL_SUBSYS_NFTABLES } from "./message.ts";
import type { Table } from "./tables.ts";
import { decodeComment, encodeComment } from "./userdata.ts";
import { decodeTarget } from "./verdict.ts";

/** Rules: what `nft add rule`, `nft insert rule` and `nft delete rule` do. */

const NFT_MSG_NEWRULE = 6;
const NFT_MSG_GETRULE = 7;
const NFT_MSG_DELRULE = 8;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_HANDLE = 3;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_RULE_USERDATA = 7;
const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_IMMEDIATE_DATA = 2;

/** What a rule is about, apart from the chain it stands in. */
export interface Rule {
  readonly expressions: readonly Expression[];
  readonly comment?: string;
}

/** A rule as the kernel shows it. */
export interface KernelRule {
  readonly chain: string;
  /** Names the rule within its chain, as `nft -a` prints it. */
  readonly handle: bigint;
  readonly comment: string | undefined;
  /** The chain that it leads to unconditionally, once all before matched. */
  readonly target: string | undefined;
  /** As the kernel wrote them. */
  readonly expressions: Buffer;
}

type ChainName = Pick<Chain, "table" | "name">;

/** Puts a rule at the end of a chain, or at its start. */
export function encodeAddRule(
  chain: ChainName,
  { expressions, comment }: Rule,
  position: "end" | "start" = "end",
): NetlinkRequest {
  const encoded = expressions.map((each) => encodeExpression(NFTA_LIST_ELEM, each));
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_NEWRULE,
    flags: position === "end" ? NLM_F_CREATE | NLM_F_APPEND : NLM_F_CREATE,
    family: chain.table.family,
    attributes: [
      text(NFTA_RULE_TABLE, chain.table.name),
      text(NFTA_RULE_CHAIN, chain.name),
      nested(NFTA_RULE_EXPRESSIONS, ...encoded),
      comment === undefined ? undefined : bytes(NFTA_RULE_USERDATA, encodeComment(comment)),
    ],
    label: `add a rule to ${describeChain(chain)}`,
  });
}

export function encodeDeleteRule(chain: ChainName, handle: bigint): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_DELRULE,
    family: chain.table.family,
    attributes: [
      text(NFTA_RULE_TABLE, chain.table.name),
      text(NFTA_RULE_CHAIN, chain.name),
      be64(NFTA_RULE_HANDLE, handle),
    ],
    label: `delete rule ${handle} of ${describeChain(chain)}`,
  });
}

/** Asks for the rules of a table, or of one chain; to be sent as a dump. */
export function encodeListRules(table: Table, chain?: string): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_GETRULE,
    family: table.family,
    attributes: [
      text(NFTA_RULE_TABLE, table.name),
      chain === undefined ? undefined : text(NFTA_RULE_CHAIN, chain),
    ],
    label: `list the rules of ${table.family} ${table.name}`,
  });
}

/** @returns undefined for a message of another type */
export function decodeRule(message: NetlinkMessage): KernelRule | undefined {
  const rule = decodeMessage(message, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWRULE);
  const chain = rule?.text(NFTA_RULE_CHAIN);
  const handle = rule?.be64(NFTA_RULE_HANDLE);
  if (rule === undefined || chain === undefined || handle === undefined) return undefined;
  const expressions = rule.bytes(NFTA_RULE_EXPRESSIONS) ?? Buffer.alloc(0);
  const comment = decodeComment(rule.bytes(NFTA_RULE_USERDATA));
  return { chain, handle, comment, target: findTarget(expressions), expressions };
}

function findTarget(expressions: Buffer): string | undefined {
  for (const { value } of listAttributes(expressions)) {
    const each = new AttributeMap(value);
    if (each.text(NFTA_EXPR_NAME) !== "immediate") continue;
    return decodeTarget(each.nested(NFTA_EXPR_DATA)?.nested(NFTA_IMMEDIATE_DATA));
  }
  return undefined;
}
