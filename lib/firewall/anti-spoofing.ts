import { formatMac, parseMac } from "../ip/mac.ts";
import type { Netns } from "../kernel/netns.ts";
import type { Nftables } from "../kernel/nftables.ts";
import { encodeDeleteChain } from "../netlink/netfilter/chains.ts";
import { encodeDeleteRule } from "../netlink/netfilter/rules.ts";
import { encodeDeleteTable } from "../netlink/netfilter/tables.ts";
import { isErrno } from "../sys/errno.ts";
import { attemptAll } from "../undo.ts";
import { MissingRulesError, UnusableBackendError } from "./errors.ts";
import { commitPlanned, repeat } from "./nft/attempts.ts";
import {
  encodeMacRules,
  encodeMacTable,
  MAC_TABLE_COMMENT,
  type MacCheck,
  macChains,
  macComment,
  macPrerouting,
  macTable,
} from "./nft/mac-rules.ts";
import {
  describeTag,
  formatTag,
  type IsValid,
  isTagOfNetwork,
  parseTag,
  type RuleOwner,
  tagKey,
} from "./rule-owner.ts";
import { Store } from "./store.ts";

export type { MacCheck } from "./nft/mac-rules.ts";

/**
 * Anti-spoofing (`macspoofchk`): a bridge drops what a container sends from another MAC address
 * than its own. By nftables in the family bridge, where iptables has nothing to offer.
 */

interface AntiSpoofing {
  readonly host: Netns;
  readonly nft: Nftables;
  readonly store: Store;
}

function antiSpoofingOf(host: Netns): AntiSpoofing {
  return { host, nft: host.nftables, store: new Store(host.file, "anti-spoofing") };
}

/** What the store keeps. */
interface MacRecord {
  readonly owner: RuleOwner;
  readonly link: string;
  readonly mac: string;
}

/**
 * Lets a bridge's port take frames from one MAC address only, in place of what an earlier ADD of
 * the attachment asked for.
 *
 * @throws {UnusableBackendError} when the kernel cannot
 */
export function ensureAntiSpoofing(host: Netns, owner: RuleOwner, check: MacCheck): void {
  apply(antiSpoofingOf(host), owner, check);
}

function apply(context: AntiSpoofing, owner: RuleOwner, check: MacCheck): void {
  const { nft, store } = context;
  const name = tagKey(formatTag(owner));
  store.write(name, { owner, link: check.link, mac: formatMac(check.mac) } satisfies MacRecord);
  try {
    repeat(() => tryApply(nft, owner, check));
  } catch (error) {
    store.remove(name);
    store.removeIfEmpty();
    throw explain(error);
  }
}

/** @returns false when something was there already, which is gone now, or there is a table now */
function tryApply(nft: Nftables, owner: RuleOwner, check: MacCheck): boolean {
  const existence = nft.hasTable(macTable) ? "ensure" : "create";
  try {
    nft.commit([...encodeMacTable(existence), ...encodeMacRules(owner, check)]);
    return true;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    removeRules(nft, owner);
    return false;
  }
}

function explain(error: unknown): unknown {
  if (!isErrno(error, "EINVAL", "EOPNOTSUPP", "ENOENT", "EAFNOSUPPORT")) return error;
  return new UnusableBackendError(
    `failed to setup spoof-check: ${error instanceof Error ? error.message : error}; the kernel ` +
      "needs nf_tables for bridges (CONFIG_NF_TABLES_BRIDGE)",
    { cause: error },
  );
}

/** Removes what {@link ensureAntiSpoofing} made, or the reference suite. Fine when there is none. */
export function removeAntiSpoofing(host: Netns, owner: RuleOwner): void {
  const { nft, store } = antiSpoofingOf(host);
  store.remove(tagKey(formatTag(owner)));
  store.removeIfEmpty();
  if (nft.isAvailable()) removeRules(nft, owner);
}

function removeRules(nft: Nftables, owner: RuleOwner): void {
  if (!nft.hasTable(macTable)) return;
  const comment = macComment(owner);
  const [linkChain, macChain] = macChains(owner);
  commitPlanned(nft, () => {
    const entries = nft
      .listRules(macTable, macPrerouting.name)
      .filter((rule) => rule.comment === comment || rule.target === linkChain.name);
    const chains = [linkChain, macChain].filter((chain) => nft.hasChain(chain));
    return [
      ...entries.map(({ handle }) => encodeDeleteRule(macPrerouting, handle)),
      ...chains.map(encodeDeleteChain),
      ...(isOurs(nft, entries.length, chains.length) ? [encodeDeleteTable(macTable)] : []),
    ];
  });
}

/** Whether nothing is left in the table but what goes now, and we made the table. */
function isOurs(nft: Nftables, entries: number, chains: number): boolean {
  const table = nft.findTable(macTable);
  if (table?.comment !== MAC_TABLE_COMMENT || table.use !== chains + 1) return false;
  return nft.listRules(macTable, macPrerouting.name).length === entries;
}

/**
 * CHECK: looks whether the rules are there.
 *
 * @throws {MissingRulesError}
 */
export function expectAntiSpoofing(host: Netns, owner: RuleOwner): void {
  const { nft } = antiSpoofingOf(host);
  const rules = nft.listRules(macTable).filter(({ comment }) => comment === macComment(owner));
  const [linkChain, macChain] = macChains(owner);
  const isWhole = [macPrerouting, linkChain, macChain].every(({ name }, index) => {
    return rules.filter(({ chain }) => chain === name).length >= (index === 2 ? 2 : 1);
  });
  if (isWhole) return;
  const whose = describeTag(formatTag(owner));
  throw new MissingRulesError(`the MAC address of ${whose} is not checked`);
}

/** GC: removes the rules of a network's attachments that are not valid any more. */
export function pruneAntiSpoofing(host: Netns, network: string, isValid: IsValid): void {
  const { nft, store } = antiSpoofingOf(host);
  if (!nft.isAvailable()) return;
  const owners = [
    ...nft.listChains(macTable).flatMap(({ comment = "" }) => {
      return isTagOfNetwork(comment, network) ? (parseTag(comment) ?? []) : [];
    }),
    ...store
      .list()
      .filter(isMacRecord)
      .map(({ owner }) => owner),
  ];
  const stale = owners.filter(
    (owner) => owner.network === network && !isValid(owner.containerId, owner.ifName),
  );
  attemptAll(
    ...stale.map((owner) => () => {
      store.remove(tagKey(formatTag(owner)));
      removeRules(nft, owner);
    }),
  );
  store.removeIfEmpty();
}

function isMacRecord(value: unknown): value is MacRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "owner" in value &&
    "link" in value &&
    "mac" in value
  );
}

/** Leaves the rules to the reference suite, which makes the same ones. @returns whose they are */
export function giveAwayAntiSpoofing(host: Netns): RuleOwner[] {
  const { store } = antiSpoofingOf(host);
  const owners = store
    .list()
    .filter(isMacRecord)
    .map(({ owner }) => owner);
  for (const owner of owners) store.remove(tagKey(formatTag(owner)));
  store.removeIfEmpty();
  return owners;
}

/** Makes the rules of all attachments anew, after somebody flushed them. @returns whose */
export function reapplyAntiSpoofing(host: Netns): RuleOwner[] {
  const { nft, store } = antiSpoofingOf(host);
  // A link that is gone took its container with it.
  const records = store
    .list()
    .filter(isMacRecord)
    .filter(({ link }) => host.links.find(link) !== undefined);
  attemptAll(
    ...records.map(({ owner, link, mac }) => () => {
      const bytes = parseMac(mac);
      if (bytes !== undefined) repeat(() => tryApply(nft, owner, { link, mac: bytes }));
    }),
  );
  return records.map(({ owner }) => owner);
}
