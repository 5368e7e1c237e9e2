import { parseCidr } from "../../ip/cidr.ts";
import type { Netns } from "../../kernel/netns.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import { MissingRulesError } from "../errors.ts";
import type { MasqueradeRequest } from "../masquerade-request.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { changeTable, readTable } from "./change.ts";
import { planMasquerade, planRemoval, type RemovedAddresses } from "./masquerade.ts";
import { masqueradeChain } from "./names.ts";
import { findVariants } from "./presence.ts";

const families = [4, 6] as const;

function ofFamily({ addresses }: MasqueradeRequest, family: 4 | 6) {
  return addresses
    .map(parseCidr)
    .filter((cidr) => cidr !== undefined)
    .filter(({ address }) => address.family === family);
}

/** Masquerades an attachment by iptables. */
export function applyMasquerade(host: Netns, owner: RuleOwner, request: MasqueradeRequest): void {
  for (const family of families) {
    const own = ofFamily(request, family);
    if (own.length === 0) continue;
    changeTable({ host, family, table: "nat", variant: "chosen" }, (nat) =>
      planMasquerade(nat, owner, own),
    );
  }
}

/** Removes an attachment's masquerade, whichever suite and kind of iptables made it. */
export function removeMasquerade(
  host: Netns,
  owner: RuleOwner,
  nft: Nftables | undefined,
  addresses: () => RemovedAddresses,
): void {
  const chain = masqueradeChain(owner);
  for (const family of families) {
    for (const variant of findVariants(host, nft, { family, table: "nat", chain })) {
      const known = addresses();
      changeTable({ host, family, table: "nat", variant }, (nat) => planRemoval(nat, owner, known));
    }
  }
}

/**
 * CHECK: looks whether the rules of an attachment are there.
 *
 * @throws {MissingRulesError}
 */
export function expectMasquerade(
  host: Netns,
  owner: RuleOwner,
  request: MasqueradeRequest,
  nft: Nftables | undefined,
): void {
  const chain = masqueradeChain(owner);
  for (const family of families) {
    const own = ofFamily(request, family);
    if (own.length === 0) continue;
    const [variant = "chosen"] = findVariants(host, nft, { family, table: "nat", chain });
    const nat = readTable({ host, family, table: "nat", variant });
    const [missing] = planMasquerade(nat, owner, own);
    if (missing !== undefined) {
      throw new MissingRulesError(`the masquerade in table nat lacks a rule: ${missing}`);
    }
  }
}
