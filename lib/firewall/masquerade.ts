import type { Netns } from "../kernel/netns.ts";
import { attemptAll } from "../undo.ts";
import { chooseBackend, engineOf, requireNftables } from "./engine.ts";
import { MissingRulesError } from "./errors.ts";
import { forgetFlowsOf } from "./flows.ts";
import * as iptables from "./iptables/rules.ts";
import { expectHolding } from "./nft/expectation.ts";
import { masqueradeFeature } from "./nft/layout.ts";
import { planMasquerade } from "./nft/masquerade.ts";
import { hasHolding } from "./nft/presence.ts";
import {
  hasReferenceMasquerade,
  pruneReferenceMasquerade,
  removeReferenceMasquerade,
} from "./nft/reference-rules.ts";
import * as nftables from "./nft/ruleset.ts";
import type { MasqueradeRecord } from "./records.ts";
import { describeTag, formatTag, type IsValid, type RuleOwner } from "./rule-owner.ts";
import type { Backend } from "./store.ts";

/**
 * Masquerade: what containers send to the world leaves with this node's own address. Not what they
 * send to their own subnet, and not multicast.
 */

export interface Masquerade {
  readonly owner: RuleOwner;
  /** The container's addresses with the prefix lengths of their subnets: "10.1.2.3/24". */
  readonly addresses: readonly string[];
  /** The path of the container's network namespace, by which `patchbay reload` knows it alive. */
  readonly netns?: string;
  /** Who makes the rules; nftables, where the kernel has it, if not given. */
  readonly backend?: Backend;
}

/**
 * Masquerades an attachment, in place of what an earlier ADD of it asked for.
 *
 * @throws {UnusableBackendError}
 */
export function ensureMasquerade(host: Netns, masquerade: Masquerade): void {
  const record = recordOf(masquerade);
  const engine = engineOf(host);
  if (chooseBackend(engine, masquerade.backend) === "iptables") {
    iptables.applyRecord(engine.iptables, record);
  } else nftables.applyRecord(requireNftables(engine), record);
}

function recordOf({ owner, netns, addresses }: Masquerade): MasqueradeRecord {
  return {
    version: 1,
    feature: "masquerade",
    owner,
    ...(netns !== undefined && { netns }),
    request: { addresses },
  };
}

/**
 * Removes an attachment's masquerade, whichever suite made it by whichever backend. Fine when there
 * is none.
 *
 * @param addresses of the attachment, CIDRs, if they are known
 */
export function removeMasquerade(
  host: Netns,
  owner: RuleOwner,
  addresses?: readonly string[],
): void {
  const { nftables: ruleset, iptables: tables } = engineOf(host);
  const left: string[] = [];
  attemptAll(
    () => {
      if (ruleset === undefined) return;
      left.push(...nftables.withdraw(ruleset, masqueradeFeature, formatTag(owner)));
      if (removeReferenceMasquerade(ruleset.nft, owner)) left.push(...(addresses ?? []));
    },
    () => left.push(...iptables.withdraw(tables, "masquerade", owner, addresses)),
    () => forgetFlowsOf(host, left),
  );
}

/**
 * CHECK: looks whether all rules are there, whichever suite made them by whichever backend.
 *
 * @throws {MissingRulesError}
 */
export function expectMasquerade(host: Netns, masquerade: Omit<Masquerade, "backend">): void {
  const record = recordOf(masquerade);
  const { owner, request } = record;
  const engine = engineOf(host);
  const nft = engine.nftables?.nft;
  const tag = formatTag(owner);
  if (nft !== undefined && hasHolding(nft, masqueradeFeature, tag)) {
    expectHolding(nft, planMasquerade(tag, request));
  } else if (iptables.hasRules(engine.iptables, "masquerade", owner)) {
    iptables.expectRecord(engine.iptables, record);
  } else if (nft === undefined || !hasReferenceMasquerade(nft, owner)) {
    throw new MissingRulesError(`${describeTag(tag)} is not masqueraded`);
  }
}

/** GC: removes the masquerade of a network's attachments that are not valid any more. */
export function pruneMasquerade(host: Netns, network: string, isValid: IsValid): void {
  const { nftables: ruleset, iptables: tables } = engineOf(host);
  const left: string[] = [];
  attemptAll(
    () => {
      if (ruleset === undefined) return;
      left.push(...nftables.pruneNetwork(ruleset, masqueradeFeature, network, isValid));
      pruneReferenceMasquerade(ruleset.nft, network, isValid);
    },
    () => left.push(...iptables.pruneNetwork(tables, "masquerade", network, isValid)),
    () => forgetFlowsOf(host, left),
  );
}
