import { isOvertaken, type Nftables } from "../../kernel/nftables.ts";
import { encodeDeleteChain } from "../../netlink/netfilter/chains.ts";
import { encodeDeleteElements } from "../../netlink/netfilter/elements.ts";
import { isErrno, isNotFound } from "../../sys/errno.ts";
import { writeStderr } from "../../sys/stdio.ts";
import { UnusableBackendError } from "../errors.ts";
import { describeTag } from "../rule-owner.ts";
import { encodeRuleChain } from "./chains.ts";
import {
  type Claim,
  ClaimRefusedError,
  encodeInsertion,
  encodeRemoval,
  encodeTableWith,
  type Holding,
  ownerElement,
  planTable,
} from "./holding.ts";
import { type Feature, table } from "./layout.ts";

/** What is known of holdings apart from the table: from it, a table that is gone is made again. */
export interface Archive {
  find(feature: Feature, tag: string): Holding | undefined;
  list(): readonly ArchivedHolding[];
  /** Of an attachment that another took the place of. */
  forget(feature: Feature, tag: string): void;
}

export interface ArchivedHolding {
  readonly holding: Holding;
  /** Whether its container may still be running. */
  readonly isAlive: boolean;
}

/** Each attempt that fails means that another process succeeded in the meantime. */
const ATTEMPTS = 100;

/** Repeats work that others may interfere with until it says that it is done. */
export function repeat(attempt: () => boolean): void {
  for (let count = 1; count <= ATTEMPTS; count++) if (attempt()) return;
  throw new Error(`Gave up after ${ATTEMPTS} attempts: the nftables ruleset keeps changing`);
}

/**
 * Puts a holding into the table, in one transaction. Of processes that do so at the same time none
 * fails, unless they want the same port.
 *
 * @throws {ClaimRefusedError}
 */
export function insertHolding(nft: Nftables, archive: Archive, holding: Holding): void {
  repeat(() => {
    try {
      if (!nft.hasTable(table)) insertWithTable(nft, archive, holding);
      else {
        const missing = holding.chains.filter(({ chain }) => !nft.hasChain(chain));
        nft.commit([...missing.flatMap(encodeRuleChain), ...encodeInsertion(holding)]);
      }
      return true;
    } catch (error) {
      // Somebody else made or removed in the meantime what was there, or was not.
      if (isNotFound(error)) return false;
      if (!isTaken(error)) throw error;
      makeRoom(nft, archive, holding);
      return false;
    }
  });
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
  const { accepted, refused } = planTable([...others, holding]);
  const refusal = refused.get(holding);
  if (refusal !== undefined) {
    if (refusal.claim.onConflict === "refuse") throw refusal;
    forget(archive, holding.feature, { old: refusal.tag, young: holding.tag });
    insertWithTable(nft, archive, holding);
    return;
  }
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

/** @throws {ClaimRefusedError} when one of the keys must not be taken from who has it */
function makeRoom(nft: Nftables, archive: Archive, holding: Holding): void {
  const { feature, tag, claims } = holding;
  // Left of an earlier ADD of the same attachment: this one takes its place.
  if (nft.findElement(feature.owners, ownerElement(tag)) !== undefined) {
    removeHolding(nft, { feature, tag });
    return;
  }
  // Who is evicted may also be who has the port.
  for (const onConflict of ["evict", "refuse"] as const) {
    for (const claim of claims.filter((each) => each.onConflict === onConflict)) {
      const other = nft.findElement(claim.set, claim.element)?.comment;
      if (other === undefined) continue;
      if (other !== tag && onConflict === "refuse") throw new ClaimRefusedError(claim, other);
      if (other !== tag) forget(archive, feature, { old: other, young: tag });
      removeFound(nft, { feature, tag: other });
    }
  }
}

/** An address belongs to one container: who had it before is gone, though nobody said so. */
function forget(archive: Archive, feature: Feature, tags: { old: string; young: string }): void {
  const { old, young } = tags;
  archive.forget(feature, old);
  writeStderr(
    `patchbay: ${describeTag(young)} has an address of ${describeTag(old)}, whose rules go\n`,
  );
}

/** Whose holding is meant, and what it consists of if that is known. */
type Wanted = Pick<Holding, "feature" | "tag"> & Partial<Holding>;

/**
 * Takes out all that an attachment has: without looking anything up when it is known what that is.
 * Fine when it has nothing.
 */
export function removeHolding(nft: Nftables, wanted: Wanted): void {
  const { feature, tag, claims, chains = [] } = wanted;
  if (claims !== undefined && tryRemove(nft, { feature, tag, claims, chains })) return;
  const isThere = nft.findElement(feature.owners, ownerElement(tag)) !== undefined;
  if (isThere || claims?.some((claim) => isOwn(nft, claim, tag))) removeFound(nft, wanted);
}

function isOwn(nft: Nftables, { set, element, onConflict }: Claim, tag: string): boolean {
  return onConflict !== "share" && nft.findElement(set, element)?.comment === tag;
}

/** @returns false when not all of it was there, and nothing was removed */
function tryRemove(nft: Nftables, holding: Holding): boolean {
  try {
    nft.commit(encodeRemoval(holding));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
  for (const { chain } of holding.chains) removeChain(nft, chain.name);
  return true;
}

/**
 * Goes through all elements of a feature for those with this tag. The price of that is why there
 * are records; it is paid when a record is missing, or when somebody else changed the table.
 */
function removeFound(nft: Nftables, { feature, tag }: Wanted): void {
  const targets = new Set<string>();
  repeat(() => {
    const generation = nft.generation();
    const changes = [feature.owners, ...feature.sets].flatMap((set) => {
      const own = nft.listElements(set).filter(({ comment }) => comment === tag);
      for (const { target } of own) if (target !== undefined) targets.add(target);
      return encodeDeleteElements(set, own);
    });
    if (changes.length === 0) return true;
    try {
      nft.commit(changes, generation);
      return true;
    } catch (error) {
      if (isOvertaken(error) || isNotFound(error)) return false;
      throw error;
    }
  });
  for (const target of targets) removeChain(nft, target);
}

/** Removes a chain of conditions, or of a subnet, that no element leads to any more. */
function removeChain(nft: Nftables, name: string): void {
  const chain = { table, name };
  const use = nft.findChain(chain)?.use;
  if (use === undefined || use > nft.listRules(table, name).length) return;
  try {
    nft.commit([encodeDeleteChain(chain)]);
  } catch (error) {
    if (!isNotFound(error) && !isErrno(error, "EBUSY")) throw error;
  }
}
