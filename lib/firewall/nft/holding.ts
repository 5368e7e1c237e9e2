import type { NetlinkRequest } from "../../netlink/message.ts";
import { encodeName } from "../../netlink/netfilter/data-types.ts";
import {
  type Element,
  encodeAddElements,
  encodeDeleteElements,
} from "../../netlink/netfilter/elements.ts";
import type { NamedSet } from "../../netlink/netfilter/sets.ts";
import { tagKey } from "../rule-owner.ts";
import { encodeRuleChain, type RuleChain } from "./chains.ts";
import type { Feature } from "./layout.ts";
import { encodeTable } from "./table-creation.ts";

/** One element that an attachment wants in one of the sets. */
export interface Claim {
  readonly set: NamedSet;
  readonly element: Element;
  /**
   * When the key is somebody else's: "refuse" the claim; "evict" the other attachment, since it
   * cannot be alive with this one; or "share", for what is nobody's and stays.
   */
  readonly onConflict: "refuse" | "evict" | "share";
}

/**
 * All that one attachment has of one feature. It gets in and out of the table as one: while its
 * element in `feature.owners` is there, all its other elements are. So a DEL needs to look nothing
 * up: the transaction that takes out exactly this either succeeds, or finds that nothing is left.
 */
export interface Holding {
  readonly feature: Feature;
  readonly tag: string;
  readonly claims: readonly Claim[];
  /** That the claims lead to, shared with whoever has the same conditions. */
  readonly chains: readonly RuleChain[];
}

/** A key that two attachments want; `tag` is the comment of the one that has it. */
export class ClaimRefusedError extends Error {
  override readonly name = "ClaimRefusedError";

  constructor(
    readonly claim: Claim,
    readonly tag: string,
  ) {
    super(`The key is taken by ${tag}`);
  }
}

/** The element that says that an attachment has something. */
export function ownerElement(tag: string): Element {
  return { key: encodeName(tagKey(tag)), comment: tag };
}

/** EEXIST or EBUSY when one of the keys is there; ENOENT without the table or a chain. */
export function encodeInsertion({ feature, tag, claims }: Holding): NetlinkRequest[] {
  const own = claims.filter(({ onConflict }) => onConflict !== "share");
  const shared = claims.filter(({ onConflict }) => onConflict === "share");
  return [
    ...encodeAddElements(feature.owners, [ownerElement(tag)], "create"),
    ...groupBySet(own).flatMap(({ set, elements }) =>
      encodeAddElements(
        set,
        elements.map((element) => ({ ...element, comment: tag })),
        "create",
      ),
    ),
    ...groupBySet(shared).flatMap(({ set, elements }) =>
      encodeAddElements(set, elements, "ensure"),
    ),
  ];
}

/** ENOENT when one of the keys is not there. */
export function encodeRemoval({ feature, tag, claims }: Holding): NetlinkRequest[] {
  const own = claims.filter(({ onConflict }) => onConflict !== "share");
  return [
    ...encodeDeleteElements(feature.owners, [ownerElement(tag)]),
    ...groupBySet(own).flatMap(({ set, elements }) => encodeDeleteElements(set, elements)),
  ];
}

function groupBySet(claims: readonly Claim[]): { set: NamedSet; elements: Element[] }[] {
  const groups = new Map<NamedSet, Element[]>();
  for (const { set, element } of claims) {
    const elements = groups.get(set);
    if (elements === undefined) groups.set(set, [element]);
    else elements.push(element);
  }
  return [...groups].map(([set, elements]) => ({ set, elements }));
}

/** @returns what makes the table with these holdings in it; EEXIST when the table is there */
export function encodeTableWith(holdings: readonly Holding[]): NetlinkRequest[] {
  const chains = new Map(
    holdings.flatMap((holding) => holding.chains.map((each) => [each.chain.name, each] as const)),
  );
  return [
    ...encodeTable(),
    ...[...chains.values()].flatMap(encodeRuleChain),
    ...holdings.flatMap(encodeInsertion),
  ];
}

/**
 * Chooses which holdings fit into one table together. Of two that want the same key the first one
 * has it, and the other is left out whole.
 */
export function planTable(holdings: readonly Holding[]): {
  readonly accepted: readonly Holding[];
  readonly refused: ReadonlyMap<Holding, ClaimRefusedError>;
} {
  const keys = new Map<string, string>();
  const accepted: Holding[] = [];
  const refused = new Map<Holding, ClaimRefusedError>();
  for (const holding of holdings) {
    const own = holding.claims.filter(({ onConflict }) => onConflict !== "share");
    const taken = own.find((claim) => keys.has(identify(claim)));
    if (taken !== undefined) {
      refused.set(holding, new ClaimRefusedError(taken, keys.get(identify(taken)) ?? ""));
      continue;
    }
    accepted.push(holding);
    for (const claim of own) keys.set(identify(claim), holding.tag);
  }
  return { accepted, refused };
}

/** @returns the same text for claims of the same key */
export function identify({ set, element }: Claim): string {
  return `${set.name} ${Buffer.from(element.key).toString("hex")}`;
}
