import { isOvertaken, type Nftables } from "../../kernel/nftables.ts";
import type { NetlinkRequest } from "../../netlink/message.ts";
import { isNotFound } from "../../sys/errno.ts";

/** Each attempt that fails means that another process succeeded in the meantime. */
const ATTEMPTS = 100;

/** Repeats work that others may interfere with until it says that it is done. */
export function repeat(attempt: () => boolean): void {
  for (let count = 1; count <= ATTEMPTS; count++) if (attempt()) return;
  throw new Error(`Gave up after ${ATTEMPTS} attempts: the nftables ruleset keeps changing`);
}

/**
 * Commits what is planned from listings of the ruleset, which others may change meanwhile: then it is
 * planned anew. Fine when there is nothing to change.
 */
export function commitPlanned(nft: Nftables, plan: () => readonly NetlinkRequest[]): void {
  repeat(() => {
    const generation = nft.generation();
    const changes = plan();
    if (changes.length === 0) return true;
    try {
      nft.commit(changes, generation);
      return true;
    } catch (error) {
      if (isOvertaken(error) || isNotFound(error)) return false;
      throw error;
    }
  });
}
