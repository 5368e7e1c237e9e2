import type { Nftables } from "../../kernel/nftables.ts";
import { encodeDeleteChain } from "../../netlink/netfilter/chains.ts";
import { encodeDeleteElements } from "../../netlink/netfilter/elements.ts";
import { isErrno, isNotFound } from "../../sys/errno.ts";
import { commitPlanned } from "./attempts.ts";
import { encodeRemoval, type Holding } from "./holding.ts";
import { table } from "./layout.ts";
import { findHolders, hasHolding } from "./presence.ts";

/** Whose holding is meant, and what it consists of if that is known. */
type Wanted = Pick<Holding, "feature" | "tag"> & Partial<Holding>;

/**
 * Takes out all that an attachment has: without looking anything up when it is known what that is.
 * Fine when it has nothing.
 */
export function removeHolding(nft: Nftables, wanted: Wanted): void {
  const { feature, tag } = wanted;
  if (isKnown(wanted) && tryRemove(nft, wanted)) return;
  if (hasHolding(nft, feature, tag) || hasAny(nft, wanted)) removeFound(nft, wanted);
}

/** Whether it has all of its claims, as far as anybody knows; who has siblings may have to wait. */
function isKnown(wanted: Wanted): wanted is Holding {
  return wanted.claims !== undefined && wanted.siblings?.length === 0;
}

function hasAny(nft: Nftables, { tag, claims = [] }: Wanted): boolean {
  return [...findHolders(nft, { claims }).values()].includes(tag);
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
 * are records; it is paid when a record is missing, when somebody else changed the table, and by
 * attachments that share ports.
 */
export function removeFound(nft: Nftables, { feature, tag, chains = [] }: Wanted): void {
  const targets = new Set(chains.map(({ chain }) => chain.name));
  commitPlanned(nft, () =>
    [feature.owners, ...feature.sets].flatMap((set) => {
      const own = nft.listElements(set).filter(({ comment }) => comment === tag);
      for (const { target } of own) if (target !== undefined) targets.add(target);
      return encodeDeleteElements(set, own);
    }),
  );
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
