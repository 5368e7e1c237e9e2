import type { Nftables } from "../../kernel/nftables.ts";
import type { NetlinkRequest } from "../../netlink/message.ts";
import { isErrno, isNotFound } from "../../sys/errno.ts";
import { writeStderr } from "../../sys/stdio.ts";
import { UnusableBackendError } from "../errors.ts";
import { describeTag } from "../rule-owner.ts";
import { repeat } from "./attempts.ts";
import { encodeRuleChain } from "./chains.ts";
import {
  ClaimRefusedError,
  canWait,
  encodeInsertion,
  encodeTableWith,
  type Holding,
  planTable,
  type Wait,
  withoutPorts,
} from "./holding.ts";
import { type Feature, table } from "./layout.ts";
import { findHolders, hasHolding } from "./presence.ts";
import { removeFound, removeHolding } from "./removal.ts";

/** What is known of holdings apart from the table: from it, a table that is gone is made again. */
export interface Archive {
  find(feature: Feature, tag: string): Holding | undefined;
  list(): readonly ArchivedHolding[];
  /** Whether an attachment's container is gone for sure. */
  isGone(feature: Feature, tag: string): boolean;
  /** Of an attachment that another took the place of. */
  forget(feature: Feature, tag: string): void;
  /** From then on both holdings have each other as siblings. */
  noteWait(wait: Wait): void;
}

export interface ArchivedHolding {
  readonly holding: Holding;
  /** Whether its container may still be running. */
  readonly isAlive: boolean;
}

/**
 * Puts a holding into the table, in one transaction. Of processes that do so at the same time none
 * fails, unless they want the same port.
 *
 * @throws {ClaimRefusedError}
 */
export function insertHolding(nft: Nftables, archive: Archive, holding: Holding): void {
  let granted = holding;
  repeat(() => {
    try {
      if (nft.hasTable(table)) nft.commit(encodeIntoTable(nft, granted));
      else insertWithTable(nft, archive, holding);
      return true;
    } catch (error) {
      // Somebody else made or removed in the meantime what was there, or was not.
      if (isNotFound(error)) return false;
      if (!isTaken(error)) throw error;
      granted = makeRoom(nft, archive, holding);
      return false;
    }
  });
}

/** @returns what puts a holding into a table that is there, with those chains that it lacks */
export function encodeIntoTable(nft: Nftables, holding: Holding): NetlinkRequest[] {
  const missing = holding.chains.filter(({ chain }) => !nft.hasChain(chain));
  return [...missing.flatMap(encodeRuleChain), ...encodeInsertion(holding)];
}

/** EBUSY is said of a map's key whose value would be another. */
function isTaken(error: unknown): boolean {
  return isErrno(error, "EEXIST", "EBUSY");
}

/**
 * A table that is missing although there are records was flushed by somebody: what it had comes
 * back with this holding, and what it had counts.
 */
function insertWithTable(nft: Nftables, archive: Archive, holding: Holding): void {
  const isOther = ({ feature, tag }: Holding) => feature !== holding.feature || tag !== holding.tag;
  const others = archive
    .list()
    .filter(({ isAlive }) => isAlive)
    .map((archived) => archived.holding)
    .filter(isOther);
  const { accepted, refused, waits } = planTable([...others, holding]);
  const refusal = refused.get(holding);
  if (refusal !== undefined) {
    if (refusal.claim.onConflict === "refuse") throw refusal;
    evict(nft, archive, holding, { holder: refusal.tag, what: "an address" });
    insertWithTable(nft, archive, holding);
    return;
  }
  for (const wait of waits) archive.noteWait(wait);
  makeTable(nft, accepted);
  forgetRemoved(nft, archive, accepted.filter(isOther));
}

/** @throws {UnusableBackendError} when the kernel lacks something that the table needs */
function makeTable(nft: Nftables, holdings: readonly Holding[]): void {
  try {
    nft.commit(encodeTableWith(holdings));
  } catch (error) {
    // All that the table refers to is in it: what is not found is the kernel's.
    if (!isErrno(error, "ENOENT", "EOPNOTSUPP", "EAFNOSUPPORT", "EPROTONOSUPPORT")) throw error;
    throw new UnusableBackendError(
      `${error instanceof Error ? error.message : error}: nftables needs Linux 5.2 or newer with ` +
        "nft_nat, nft_masq, nft_fib_inet and nft_ct; load these modules, or set the backend to " +
        '"iptables"',
      { cause: error },
    );
  }
}

/**
 * Takes out what was put in from a record that is gone by now: its DEL may have looked for it in
 * the time between.
 */
export function forgetRemoved(nft: Nftables, archive: Archive, holdings: readonly Holding[]): void {
  for (const { feature, tag } of holdings) {
    if (archive.find(feature, tag) === undefined) removeHolding(nft, { feature, tag });
  }
}

/**
 * Removes what the holding takes the place of.
 *
 * @returns as much of it as there is room for: it must wait for the ports that other attachments of
 *   the container have
 * @throws {ClaimRefusedError} when one of the keys must not be taken from who has it
 */
function makeRoom(nft: Nftables, archive: Archive, holding: Holding): Holding {
  const { feature, tag } = holding;
  // Left of an earlier ADD of the same attachment.
  if (hasHolding(nft, feature, tag)) {
    removeFound(nft, { feature, tag });
    return holding;
  }
  // An address belongs to one container. Before ports are looked at: it may have one of them.
  for (const holder of new Set(findHolders(nft, holding, "evict").values())) {
    evict(nft, archive, holding, { holder, what: "an address" });
  }
  for (const holder of new Set(findHolders(nft, holding, "refuse").values())) {
    if (holder === tag || archive.isGone(feature, holder)) {
      evict(nft, archive, holding, { holder, what: "a port" });
    }
  }
  return waitForSiblings(nft, archive, holding);
}

/** Removes what is there of somebody who is gone, though nobody said so. */
function evict(
  nft: Nftables,
  archive: Archive,
  { feature, tag }: Holding,
  { holder, what }: { holder: string; what: string },
): void {
  if (holder !== tag) {
    archive.forget(feature, holder);
    writeStderr(
      `patchbay: ${describeTag(tag)} has ${what} of ${describeTag(holder)}, which is gone\n`,
    );
  }
  removeFound(nft, { feature, tag: holder });
}

/** @returns the holding without the ports that other attachments of its container have */
function waitForSiblings(nft: Nftables, archive: Archive, holding: Holding): Holding {
  const { feature, tag } = holding;
  const holders = [...findHolders(nft, holding, "refuse")];
  for (const [claim, holder] of holders) {
    if (!canWait(claim, tag, holder)) throw new ClaimRefusedError(claim, holder);
  }
  for (const [, holder] of holders) archive.noteWait({ feature, heir: tag, holder });
  return withoutPorts(holding, new Set(holders.map(([{ port }]) => port)));
}
