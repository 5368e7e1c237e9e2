import type { Netns } from "../../kernel/netns.ts";
import { isOvertaken, type Nftables } from "../../kernel/nftables.ts";
import { decodeName } from "../../netlink/netfilter/data-types.ts";
import { encodeDeleteTable } from "../../netlink/netfilter/tables.ts";
import { isNotFound } from "../../sys/errno.ts";
import { isRecord, type RuleRecord, recordName, recordNameOf } from "../records.ts";
import { readRouteLocalnet, writeRouteLocalnet } from "../route-localnet.ts";
import { formatTag, type IsValid, isTagOfNetwork, parseTag } from "../rule-owner.ts";
import { Store } from "../store.ts";
import { openArchive, planRecord, tryPlan } from "./archive.ts";
import { repeat } from "./attempts.ts";
import { type Archive, insertHolding } from "./claims.ts";
import { guardOf, listTurnedOn, pruneGuards } from "./guards.ts";
import { handOver } from "./handover.ts";
import type { Holding } from "./holding.ts";
import { type Feature, features, routeLocalnet, table } from "./layout.ts";
import { removeHolding } from "./removal.ts";

/** Our rules in one namespace: the ruleset, and the records of what was asked for. */
export interface Ruleset {
  readonly host: Netns;
  readonly nft: Nftables;
  readonly store: Store;
  readonly archive: Archive;
}

export function openRuleset(host: Netns): Ruleset {
  const store = new Store(host.file, "nftables");
  return { host, nft: host.nftables, store, archive: openArchive(store) };
}

/**
 * Makes the rules of an attachment, in place of those it may have already.
 *
 * @throws {ClaimRefusedError} when another attachment has one of the ports; nothing is left then
 */
export function applyRecord(ruleset: Ruleset, record: RuleRecord): void {
  const { nft, store, archive } = ruleset;
  const name = recordNameOf(record);
  const planned = planRecord(record);
  store.write(name, record);
  try {
    const links = linksToOpen(planned);
    const opened = links.filter((link) => wasOpen(ruleset, link));
    insertHolding(nft, archive, withoutComments(planned, opened));
    openLinks(ruleset, links);
  } catch (error) {
    withdraw(ruleset, planned.feature, planned.tag);
    throw error;
  }
}

/** The links over which 127.0.0.0/8 is to be routed. */
export function linksToOpen({ claims }: Holding): string[] {
  return claims
    .filter(({ set }) => set === routeLocalnet)
    .map(({ element }) => decodeName(element.key));
}

/** Whether somebody else turned the setting on. Asked in this order, since it is the guard's. */
function wasOpen({ host, nft }: Ruleset, link: string): boolean {
  const isGuarded = nft.findElement(routeLocalnet, guardOf(link)) !== undefined;
  return !isGuarded && readRouteLocalnet(host, link) === true;
}

/** A setting that was on before us stays on after us. */
export function withoutComments(holding: Holding, openLinks: readonly string[]): Holding {
  const claims = holding.claims.map((claim) => {
    const { set, element } = claim;
    const isOpen = set === routeLocalnet && openLinks.includes(decodeName(element.key));
    return isOpen ? { ...claim, element: { key: element.key } } : claim;
  });
  return { ...holding, claims };
}

/** Last of all: a DEL that turned them off meanwhile has seen by now that they are needed. */
function openLinks({ host, nft }: Ruleset, links: readonly string[]): void {
  const closed = links.filter((link) => readRouteLocalnet(host, link) === false);
  if (closed.length === 0) return;
  writeRouteLocalnet(host, closed, true);
  pruneGuards(nft, host);
}

/**
 * Removes the rules and the record of an attachment. Fine when there is neither.
 *
 * @returns the addresses of the attachment, CIDRs, if there was a record
 */
export function withdraw(ruleset: Ruleset, feature: Feature, tag: string): readonly string[] {
  const { nft, store, archive } = ruleset;
  const name = recordName(feature.name, tag);
  const value = store.read(name);
  const plan = tryPlan(value);
  store.remove(name);
  removeHolding(nft, plan?.holding ?? { feature, tag });
  if (plan !== undefined) handOver(nft, archive, plan.holding);
  if (store.removeIfEmpty()) removeTableIfUnused(ruleset);
  return plan?.record.request.addresses ?? [];
}

/**
 * Takes the table away after the last attachment, so that a node without containers is as it was.
 * Somebody else may be about to add one: the generation tells.
 */
function removeTableIfUnused({ host, nft }: Ruleset): void {
  let hasClosedLinks = false;
  repeat(() => {
    if (!nft.hasTable(table)) return true;
    const generation = nft.generation();
    const links = listTurnedOn(nft);
    if (features.some(({ owners }) => nft.listElements(owners).length > 0)) {
      if (hasClosedLinks) writeRouteLocalnet(host, links, true);
      return true;
    }
    writeRouteLocalnet(host, links, false);
    hasClosedLinks = true;
    try {
      nft.commit([encodeDeleteTable(table)], generation);
      return true;
    } catch (error) {
      if (isNotFound(error)) return true;
      if (isOvertaken(error)) return false;
      throw error;
    }
  });
}

/**
 * Removes the rules of a network's attachments that are not valid any more.
 *
 * @returns the addresses of those, CIDRs
 */
export function pruneNetwork(
  ruleset: Ruleset,
  feature: Feature,
  network: string,
  isValid: IsValid,
): readonly string[] {
  const { nft, store } = ruleset;
  const owners = new Map<string, RuleRecord["owner"] | undefined>();
  for (const { comment } of nft.listElements(feature.owners)) {
    if (comment !== undefined && isTagOfNetwork(comment, network))
      owners.set(comment, parseTag(comment));
  }
  for (const record of store.list().filter(isRecord)) {
    // Records have the names whole, which tags may not.
    if (record.feature === feature.name && record.owner.network === network) {
      owners.set(formatTag(record.owner), record.owner);
    }
  }
  const left = [...owners].flatMap(([tag, owner]) => {
    const isStale = owner !== undefined && !isValid(owner.containerId, owner.ifName);
    return isStale ? withdraw(ruleset, feature, tag) : [];
  });
  // A DEL that was killed may have removed the last holding and left the table.
  store.removeBroken();
  if (store.removeIfEmpty()) removeTableIfUnused(ruleset);
  return left;
}
