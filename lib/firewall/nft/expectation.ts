import type { Nftables } from "../../kernel/nftables.ts";
import type { KernelElement } from "../../netlink/netfilter/elements.ts";
import { MissingRulesError } from "../errors.ts";
import { describeTag } from "../rule-owner.ts";
import { planChains, type RuleChain } from "./chains.ts";
import { type Claim, type Holding, ownerElement } from "./holding.ts";
import { type Feature, table } from "./layout.ts";

/** Whether an attachment has anything in our table. */
export function hasHolding(nft: Nftables, feature: Feature, tag: string): boolean {
  return nft.findElement(feature.owners, ownerElement(tag)) !== undefined;
}

/**
 * CHECK: looks whether an attachment's elements are there and its own, and whether the chains that
 * use them are whole.
 *
 * @throws {MissingRulesError}
 */
export function expectHolding(nft: Nftables, holding: Holding): void {
  const { feature, tag, claims } = holding;
  if (!hasHolding(nft, feature, tag)) {
    throw new MissingRulesError(`${describeTag(tag)} has no rules in table inet ${table.name}`);
  }
  for (const claim of claims) expectClaim(nft.findElement(claim.set, claim.element), claim, tag);
  expectChains(nft, [...planChains(), ...holding.chains]);
}

function expectClaim(found: KernelElement | undefined, claim: Claim, tag: string): void {
  const { set, element, onConflict } = claim;
  const owner = describeTag(tag);
  const where = `in "${set.name}" of table inet ${table.name}`;
  if (found === undefined) throw new MissingRulesError(`${owner} has no element ${where}`);
  if (onConflict === "share") return;
  if (found.comment !== tag) {
    throw new MissingRulesError(
      `an element of ${owner} ${where} belongs to ${describeTag(found.comment ?? "")}`,
    );
  }
  const { value } = element;
  const isSame =
    value instanceof Uint8Array
      ? found.value?.equals(value)
      : found.target === (value && "chain" in value ? value.chain : undefined);
  if (!isSame) throw new MissingRulesError(`an element of ${owner} ${where} leads elsewhere`);
}

function expectChains(nft: Nftables, wanted: readonly RuleChain[]): void {
  const counts = new Map<string, number>();
  for (const { chain } of nft.listRules(table)) counts.set(chain, (counts.get(chain) ?? 0) + 1);
  for (const { chain, rules } of wanted) {
    const count = counts.get(chain.name) ?? 0;
    if (count === rules.length) continue;
    throw new MissingRulesError(
      `chain "${chain.name}" of table inet ${table.name} has ${count} rules, not ${rules.length}: ` +
        `"patchbay reload" makes them anew`,
    );
  }
}
