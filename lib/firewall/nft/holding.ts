import { toBuffer } from "../../bytes.ts";
import type { NetlinkRequest } from "../../netlink/message.ts";
import { encodeName } from "../../netlink/netfilter/data-types.ts";
import {
  type Element,
  encodeAddElements,
  encodeDeleteElements,
} from "../../netlink/netfilter/elements.ts";
import type { NamedSet } from "../../netlink/netfilter/sets.ts";
import { isSameContainer, tagKey } from "../rule-owner.ts";
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
  /** The host port that it is for: claims for one port are had together, or not at all. */
  readonly port?: string;
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
  /** The tags of the container's other attachments that want some of the same ports. */
  readonly siblings: readonly string[];
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
export function encodeInsertion(holding: Holding): NetlinkRequest[] {
  const { feature, tag, claims } = holding;
  const own = listOwn(holding);
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
export function encodeRemoval(holding: Holding): NetlinkRequest[] {
  const { feature, tag } = holding;
  return [
    ...encodeDeleteElements(feature.owners, [ownerElement(tag)]),
    ...groupBySet(listOwn(holding)).flatMap(({ set, elements }) =>
      encodeDeleteElements(set, elements),
    ),
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

/** An attachment that waits for a port until another of its container is gone; both by tag. */
export interface Wait {
  readonly feature: Feature;
  readonly heir: string;
  readonly holder: string;
}

export interface TablePlan {
  /** With as many of their ports as are theirs. */
  readonly accepted: readonly Holding[];
  readonly refused: ReadonlyMap<Holding, ClaimRefusedError>;
  readonly waits: readonly Wait[];
}

/**
 * Chooses which holdings fit into one table together. Of two that want the same key the first one
 * has it, and the other is left out whole; of one container's attachments that want the same port,
 * the other waits for it, and has the rest.
 */
export function planTable(holdings: readonly Holding[]): TablePlan {
  const holders = new Map<string, string>();
  const accepted: Holding[] = [];
  const refused = new Map<Holding, ClaimRefusedError>();
  const waits: Wait[] = [];
  for (const holding of holdings) {
    const { feature, tag } = holding;
    const taken = listOwn(holding).flatMap((claim) => {
      const holder = holders.get(identify(claim));
      return holder === undefined ? [] : [{ claim, holder }];
    });
    const refusal = taken.find(({ claim, holder }) => !canWait(claim, tag, holder));
    if (refusal !== undefined) {
      refused.set(holding, new ClaimRefusedError(refusal.claim, refusal.holder));
      continue;
    }
    const granted = withoutPorts(holding, new Set(taken.map(({ claim }) => claim.port)));
    accepted.push(granted);
    waits.push(...taken.map(({ holder }) => ({ feature, heir: tag, holder })));
    for (const claim of listOwn(granted)) holders.set(identify(claim), tag);
  }
  return { accepted, refused, waits };
}

function listOwn({ claims }: Holding): Claim[] {
  return claims.filter(({ onConflict }) => onConflict !== "share");
}

/** Whether a claim need not be refused because somebody else, the holder, has its key. */
export function canWait({ port }: Claim, tag: string, holder: string): boolean {
  return port !== undefined && tag !== holder && isSameContainer(tag, holder);
}

/** @returns the holding without its claims for some ports */
export function withoutPorts(holding: Holding, ports: ReadonlySet<string | undefined>): Holding {
  const claims = holding.claims.filter(({ port }) => port === undefined || !ports.has(port));
  return { ...holding, claims };
}

/** @returns the same text for claims of the same key */
export function identify({ set, element }: Pick<Claim, "set" | "element">): string {
  return `${set.name} ${toBuffer(element.key).toString("hex")}`;
}
