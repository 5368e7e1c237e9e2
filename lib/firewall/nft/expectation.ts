import type { Nftables } from "../../kernel/nftables.ts";
import type { KernelElement } from "../../netlink/netfilter/elements.ts";
import { MissingRulesError } from "../errors.ts";
import { describeTag } from "../rule-owner.ts";
import { planChains, type RuleChain } from "./chains.ts";
import { type Claim, canWait, type Holding } from "./holding.ts";
import { table } from "./layout.ts";
import { hasHolding } from "./presence.ts";

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
  const awaited = new Set<string>();
  for (const claim of claims) {
    const found = nft.findElement(claim.set, claim.element);
    if (claim.port !== undefined && canWait(claim, tag, found?.comment ?? tag)) {
      awaited.add(claim.port);
    }
    // A port comes before its conditions.
    if (claim.port === undefined || !awaited.has(claim.port)) expectClaim(found, claim, tag);
  }
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
