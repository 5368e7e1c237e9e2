import type { Nftables } from "../../kernel/nftables.ts";
import { encodeDeleteElements } from "../../netlink/netfilter/elements.ts";
import { isErrno, isNotFound } from "../../sys/errno.ts";
import { repeat } from "./attempts.ts";
import { type Archive, encodeIntoTable } from "./claims.ts";
import { canWait, type Holding, ownerElement } from "./holding.ts";
import { findHolders, hasHolding } from "./presence.ts";

/**
 * Gives the ports that an attachment had to those of the container's other attachments that wait
 * for them, in the order in which they came.
 */
export function handOver(nft: Nftables, archive: Archive, left: Holding): void {
  for (const tag of left.siblings) {
    const heir = archive.find(left.feature, tag);
    if (heir !== undefined) inherit(nft, archive, heir);
  }
}

/** Puts those ports into the table that an attachment wants and nobody has. */
function inherit(nft: Nftables, archive: Archive, heir: Holding): void {
  const { feature, tag } = heir;
  repeat(() => {
    if (!hasHolding(nft, feature, tag)) return true;
    const holders = findHolders(nft, heir, "refuse");
    for (const [claim, holder] of holders) {
      if (canWait(claim, tag, holder)) archive.noteWait({ feature, heir: tag, holder });
    }
    const taken = new Set([...holders.keys()].map(({ port }) => port));
    const claims = heir.claims.filter(({ port }) => port !== undefined && !taken.has(port));
    if (claims.length === 0) return true;
    try {
      // The owner's element goes and comes: nothing happens when its DEL was faster.
      nft.commit([
        ...encodeDeleteElements(feature.owners, [ownerElement(tag)]),
        ...encodeIntoTable(nft, { ...heir, claims }),
      ]);
      return true;
    } catch (error) {
      if (isNotFound(error) || isErrno(error, "EEXIST", "EBUSY")) return false;
      throw error;
    }
  });
}
