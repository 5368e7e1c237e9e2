import type { Nftables } from "../../kernel/nftables.ts";
import { type Claim, type Holding, ownerElement } from "./holding.ts";
import type { Feature } from "./layout.ts";

/** Whether an attachment has anything in our table. */
export function hasHolding(nft: Nftables, feature: Feature, tag: string): boolean {
  return nft.findElement(feature.owners, ownerElement(tag)) !== undefined;
}

/**
 * Looks up who has what a holding claims, be it the holding itself.
 *
 * @returns the tags of those, by claim; claims that nobody has are not in it
 */
export function findHolders(
  nft: Nftables,
  { claims }: Pick<Holding, "claims">,
  onConflict?: Claim["onConflict"],
): Map<Claim, string> {
  const holders = new Map<Claim, string>();
  for (const claim of claims) {
    if (claim.onConflict === "share" || (onConflict && claim.onConflict !== onConflict)) continue;
    const holder = nft.findElement(claim.set, claim.element)?.comment;
    if (holder !== undefined) holders.set(claim, holder);
  }
  return holders;
}
