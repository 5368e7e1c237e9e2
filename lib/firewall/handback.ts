import type { Netns } from "../kernel/netns.ts";
import { giveAwayAntiSpoofing } from "./anti-spoofing.ts";
import { type Engine, engineOf } from "./engine.ts";
import { hasIptables } from "./iptables/programs.ts";
import * as iptables from "./iptables/rules.ts";
import { listPlans } from "./nft/archive.ts";
import { hasHolding } from "./nft/presence.ts";
import { listPresent } from "./nft/reapply.ts";
import { type Ruleset, withdraw } from "./nft/ruleset.ts";
import { needsRouteLocalnet, splitByFamily } from "./port-request.ts";
import { isAlive, type RuleRecord } from "./records.ts";
import { writeRouteLocalnet } from "./route-localnet.ts";
import { describeTag, formatTag } from "./rule-owner.ts";

/**
 * Gives a node back to the reference suite while containers run. What its DEL finds by itself are
 * rules as its iptables backend makes them: so ours become such.
 */

/** What became of the rules. */
export interface HandedBack {
  /** Attachments whose rules the reference suite can remove. */
  readonly made: number;
  /** Whose rules are as they were, and why: only we can remove them. */
  readonly kept: readonly { readonly whose: string; readonly why: string }[];
}

/**
 * Makes the rules of all containers anew as the reference suite would have made them, and forgets
 * that they were ours. Published ports answer all the while.
 */
export function handBack(host: Netns): HandedBack {
  const engine = engineOf(host);
  const kept = engine.nftables && moveAll(engine, engine.nftables);
  const given = [...iptables.giveAway(engine.iptables), ...giveAwayAntiSpoofing(host)];
  const made = new Set(given.map(formatTag));
  return {
    made: made.size,
    kept: [...(kept ?? [])].map(([tag, why]) => ({ whose: describeTag(tag), why })),
  };
}

/** @returns why some could not be moved, by tag */
function moveAll(engine: Engine, ruleset: Ruleset): Map<string, string> {
  const kept = new Map<string, string>();
  for (const { record, holding } of listPlans(ruleset.store)) {
    const { feature, tag } = holding;
    const isThere = isAlive(record) || hasHolding(ruleset.nft, feature, tag);
    const obstacle = isThere ? tryToMove(engine, record) : undefined;
    if (obstacle !== undefined) {
      kept.set(tag, obstacle);
      continue;
    }
    withdraw(ruleset, feature, tag);
    if (isThere) openLinks(engine.host, record);
  }
  for (const { tag } of listPresent(ruleset)) {
    if (!kept.has(tag)) kept.set(tag, "there is no record of them");
  }
  return kept;
}

/** @returns why not */
function tryToMove({ iptables: tables }: Engine, record: RuleRecord): string | undefined {
  if (!hasIptables()) return "iptables is not installed";
  if (record.feature === "ports" && Object.values(record.request.conditions).flat().length > 0) {
    return "iptables does not know the conditions of nftables";
  }
  try {
    iptables.applyRecord(tables, record);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** With the last rules of nftables went what they had turned on. */
function openLinks(host: Netns, record: RuleRecord): void {
  if (record.feature !== "ports") return;
  const { request } = record;
  const parts = splitByFamily(request).filter((part) => needsRouteLocalnet(part, request));
  const links = parts.map(({ family }) => request.links[family]);
  writeRouteLocalnet(
    host,
    links.filter((link) => link !== undefined),
    true,
  );
}
