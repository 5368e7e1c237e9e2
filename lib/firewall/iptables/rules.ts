import type { Netns } from "../../kernel/netns.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import { attemptAll } from "../../undo.ts";
import { PortTakenError } from "../errors.ts";
import {
  isAlive,
  isGone,
  isRecord,
  type PortRecord,
  type RecordFeature,
  type RuleRecord,
  recordName,
  recordNameOf,
} from "../records.ts";
import { formatTag, type IsValid, type RuleOwner } from "../rule-owner.ts";
import { Store } from "../store.ts";
import { readTable } from "./change.ts";
import { applyMasquerade, expectMasquerade, removeMasquerade } from "./masquerade-rules.ts";
import { type ChainOwner, dnatChain, masqueradeChain, parseComment } from "./names.ts";
import { applyPorts, expectPorts, removePortGuards, removePorts } from "./port-rules.ts";
import { DNAT } from "./ports.ts";
import { findTables, findVariants } from "./presence.ts";
import { findRivals } from "./rivals.ts";
import { targetOf } from "./saved-table.ts";

/** The rules that iptables makes in one namespace. */
export interface Iptables {
  readonly host: Netns;
  readonly store: Store;
  /** Undefined where the kernel has no nf_tables. */
  readonly nft: Nftables | undefined;
}

export function openIptables(host: Netns, nft: Nftables | undefined): Iptables {
  return { host, nft, store: new Store(host.file, "iptables") };
}

/**
 * Makes the rules of an attachment. Nothing is left when it fails.
 *
 * @throws {PortTakenError} when another container has one of the ports
 */
export function applyRecord(iptables: Iptables, record: RuleRecord): void {
  const { host, store } = iptables;
  const { feature, owner, request } = record;
  store.exclusively(() => {
    if (record.feature === "ports") claimPorts(iptables, record);
    store.write(recordName(feature, formatTag(owner)), record);
    try {
      makeRules(host, record);
    } catch (error) {
      removeRules(iptables, record.feature, owner, request.addresses);
      throw error;
    }
  });
}

/** The rules of a container that is gone would come before ours. */
function claimPorts(iptables: Iptables, record: PortRecord): void {
  const others = iptables.store.list().filter(isRecord).filter(isPortRecord);
  for (const { rival, port } of findRivals(record, others)) {
    if (!isGone(rival)) throw new PortTakenError(port, formatTag(rival.owner));
    removeRules(iptables, "ports", rival.owner, rival.request.addresses);
  }
}

function isPortRecord(record: RuleRecord): record is PortRecord {
  return record.feature === "ports";
}

function makeRules(host: Netns, record: RuleRecord): void {
  if (record.feature === "ports") applyPorts(host, record.owner, record.request);
  else applyMasquerade(host, record.owner, record.request);
}

/**
 * Removes the rules and the record of an attachment, and what the reference suite made for it. Fine
 * when there is neither; no program is started for nothing.
 *
 * @param addresses of the attachment, if the caller knows them
 * @returns the addresses of the attachment, CIDRs, if it had rules
 */
export function withdraw(
  iptables: Iptables,
  feature: RecordFeature,
  owner: RuleOwner,
  addresses?: readonly string[],
): readonly string[] {
  const { store } = iptables;
  const value = store.read(recordName(feature, formatTag(owner)));
  const record = isRecord(value) ? value : undefined;
  if (record === undefined && !hasRules(iptables, feature, owner)) return [];
  const known = record?.request.addresses ?? addresses;
  store.exclusively(() => removeRules(iptables, feature, owner, known));
  return known ?? [];
}

/** Whether an attachment has a chain of its own, whichever suite made it. */
export function hasRules(
  { host, nft }: Iptables,
  feature: RecordFeature,
  owner: RuleOwner,
): boolean {
  const chain = feature === "ports" ? dnatChain(owner) : masqueradeChain(owner);
  return ([4, 6] as const).some(
    (family) => findVariants(host, nft, { family, table: "nat", chain }).length > 0,
  );
}

function removeRules(
  { host, nft, store }: Iptables,
  feature: RecordFeature,
  owner: RuleOwner,
  addresses: readonly string[] | undefined,
): void {
  store.remove(recordName(feature, formatTag(owner)));
  if (feature === "ports") removePorts(host, owner, nft);
  else {
    removeMasquerade(host, owner, nft, () => ({
      own: addresses,
      others: addressesOfOthers(store, owner),
    }));
  }
}

/** All attachments of a container to one network share a chain. */
function addressesOfOthers(store: Store, { network, containerId, ifName }: RuleOwner): string[] {
  return store
    .list()
    .filter(isRecord)
    .filter(({ feature, owner }) => {
      const isSameChain = owner.network === network && owner.containerId === containerId;
      return feature === "masquerade" && isSameChain && owner.ifName !== ifName;
    })
    .flatMap(({ request }) => request.addresses);
}

/** Makes the rules of all attachments anew, after somebody flushed them. @returns whose */
export function reapplyAll(iptables: Iptables): RuleRecord[] {
  const { host, store } = iptables;
  if (store.list().length === 0) return [];
  return store.exclusively(() => {
    forgetGone(iptables);
    const records = store.list().filter(isRecord).filter(isAlive);
    attemptAll(...records.map((record) => () => makeRules(host, record)));
    return records;
  });
}

/** The reference suite may have done the DEL, which knows nothing of records. */
function forgetGone(iptables: Iptables): void {
  const { store } = iptables;
  for (const record of store.list().filter(isRecord)) {
    const { feature, owner } = record;
    if (isGone(record) && !hasRules(iptables, feature, owner)) store.remove(recordNameOf(record));
  }
}

/** Leaves the rules of all attachments to the reference suite. @returns whose they are */
export function giveAway({ host, store, nft }: Iptables): RuleOwner[] {
  if (store.list().length === 0) return [];
  return store.exclusively(() => {
    const records = store.list().filter(isRecord);
    const publishers = records.filter(({ feature }) => feature === "ports");
    removePortGuards(
      host,
      publishers.map(({ owner }) => owner),
      nft,
    );
    for (const record of records) store.remove(recordNameOf(record));
    return records.map(({ owner }) => owner);
  });
}

/** @throws {MissingRulesError} */
export function expectRecord({ host, nft }: Iptables, record: RuleRecord): void {
  if (record.feature === "ports") expectPorts(host, record.owner, record.request, nft);
  else expectMasquerade(host, record.owner, record.request, nft);
}

/**
 * Removes the rules of a network's attachments that are not valid any more, whoever made them.
 *
 * @returns the addresses of those, CIDRs, as far as they are on record
 */
export function pruneNetwork(
  iptables: Iptables,
  feature: RecordFeature,
  network: string,
  isValid: IsValid,
): readonly string[] {
  const records = iptables.store.list().filter(isRecord);
  const stale = records
    .filter((record) => record.feature === feature && record.owner.network === network)
    .map(({ owner }) => owner)
    .filter(({ containerId, ifName }) => !isValid(containerId, ifName));
  const left: string[] = [];
  attemptAll(...stale.map((owner) => () => left.push(...withdraw(iptables, feature, owner))), () =>
    pruneForeign(iptables, feature, network, isValid),
  );
  return left;
}

/** Their comments name network and container: what no interface of it needs any more can go. */
function pruneForeign(
  iptables: Iptables,
  feature: RecordFeature,
  network: string,
  isValid: IsValid,
): void {
  const owners = listForeign(iptables, feature).filter((owner) => owner.network === network);
  attemptAll(
    ...owners
      .filter(({ containerId }) => !isValid(containerId))
      .map((owner) => () => {
        withdraw(iptables, feature, { ...owner, ifName: "" });
      }),
  );
}

/** @returns whom rules in either kind of iptables say they belong to */
function listForeign({ host, nft }: Iptables, feature: RecordFeature): ChainOwner[] {
  const nameOf = feature === "ports" ? dnatChain : masqueradeChain;
  const from = feature === "ports" ? DNAT : "POSTROUTING";
  const places = ([4, 6] as const).flatMap((family) =>
    findTables(host, nft, { family, table: "nat" }).map((variant) => ({ family, variant })),
  );
  return places.flatMap(({ family, variant }) =>
    readTable({ host, family, table: "nat", variant }).rules.flatMap((rule) => {
      const owner = rule.chain === from ? parseComment(rule.spec) : undefined;
      // A comment that was cut short names somebody else, or nobody.
      return owner !== undefined && nameOf(owner) === targetOf(rule) ? [owner] : [];
    }),
  );
}
