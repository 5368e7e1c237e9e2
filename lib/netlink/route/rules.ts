import { addressFromBytes, addressToBytes } from "../../ip/address.ts";
import { type Cidr, formatCidr } from "../../ip/cidr.ts";
import { type NetlinkMessage, type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "../message.ts";
import {
  encode,
  familyNumber,
  familyOf,
  formatRuleMessage,
  MessageType,
  parseRuleMessage,
  RuleAction,
} from "./codec.ts";

/** Which routing table is asked for which packet: RTM_NEWRULE. What `ip rule` does. */

/** Packets from `source` look their route up in `table`. */
export interface Rule {
  readonly source: Cidr;
  readonly table: number;
  readonly priority?: number;
}

export function encodeAddRule(rule: Rule): NetlinkRequest {
  return {
    type: MessageType.NEWRULE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: encodeRule(rule),
    label: `add rule ${formatRule(rule)}`,
  };
}

export function encodeDeleteRule(rule: Rule): NetlinkRequest {
  return {
    type: MessageType.DELRULE,
    flags: 0,
    payload: encodeRule(rule),
    label: `delete rule ${formatRule(rule)}`,
  };
}

export function encodeListRules(family: 4 | 6): NetlinkRequest {
  const data = { family: familyNumber(family) };
  return {
    type: MessageType.GETRULE,
    flags: 0,
    payload: encode((out) => formatRuleMessage({ kind: "rule", data, attrs: {} }, out)),
    label: `list IPv${family} rules`,
  };
}

/** @returns undefined for any other message; a rule for all sources has a source of length 0 */
export function decodeRule({ type, payload }: NetlinkMessage): Rule | undefined {
  if (type !== MessageType.NEWRULE) return undefined;
  const { data, attrs } = parseRuleMessage(payload);
  const family = familyOf(data.family);
  if (family === undefined) return undefined;
  const address = attrs.src === undefined ? { family, value: 0n } : addressFromBytes(attrs.src);
  return {
    source: { address, prefixLength: data.srcLen ?? 0 },
    table: attrs.table ?? data.table ?? 0,
    priority: attrs.priority ?? 0,
  };
}

function encodeRule({ source, table, priority }: Rule): Buffer {
  const data = {
    family: familyNumber(source.address.family),
    srcLen: source.prefixLength,
    action: RuleAction.toTbl,
  };
  const attrs = {
    src: addressToBytes(source.address),
    table,
    ...(priority !== undefined && { priority }),
  };
  return encode((out) => formatRuleMessage({ kind: "rule", data, attrs }, out));
}

function formatRule({ source, table }: Rule): string {
  return `from ${formatCidr(source)} lookup ${table}`;
}
