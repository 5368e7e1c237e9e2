import { isOvertaken } from "../../kernel/nftables.ts";
import { decodeName } from "../../netlink/netfilter/data-types.ts";
import { encodeDeleteTable } from "../../netlink/netfilter/tables.ts";
import { isGone } from "../records.ts";
import { writeRouteLocalnet } from "../route-localnet.ts";
import { listPlans } from "./archive.ts";
import { repeat } from "./attempts.ts";
import { forgetRemoved, insertHolding } from "./claims.ts";
import { ClaimRefusedError, encodeTableWith, type Holding, planTable } from "./holding.ts";
import { features, routeLocalnet, table } from "./layout.ts";
import { linksToOpen, type Ruleset, withdraw, withoutComments } from "./ruleset.ts";

/** What became of the holdings on record. */
export interface Reapplied {
  readonly accepted: readonly Holding[];
  /** The tags of those that want what others have. */
  readonly refused: readonly string[];
}

/**
 * Makes all rules anew from the records: after somebody flushed them, or changed them. What is
 * there stays there, also where nobody can tell whether the container is alive.
 */
export function reapplyAll(ruleset: Ruleset): Reapplied {
  forgetGone(ruleset);
  let result: Reapplied = { accepted: [], refused: [] };
  repeat(() => {
    const generation = ruleset.nft.generation();
    const present = new Set(listPresent(ruleset).map(nameOf));
    const wanted = ruleset.archive
      .list()
      .filter(({ holding, isAlive }) => isAlive || present.has(nameOf(holding)))
      .map(({ holding }) => holding);
    for (const holding of wanted) present.delete(nameOf(holding));
    if (present.size > 0) {
      // Nobody knows what they consist of: the table cannot be made without losing them.
      result = insertMissing(ruleset, wanted);
      return true;
    }
    const plan = planTable(wanted);
    result = { accepted: plan.accepted, refused: [...plan.refused.keys()].map(({ tag }) => tag) };
    for (const wait of plan.waits) ruleset.archive.noteWait(wait);
    return replaceTable(ruleset, plan.accepted, generation);
  });
  return result;
}

/** Another suite may have done the DEL, which knows nothing of records. */
function forgetGone(ruleset: Ruleset): void {
  const present = new Set(listPresent(ruleset).map(nameOf));
  for (const { record, holding } of listPlans(ruleset.store)) {
    if (isGone(record) && !present.has(nameOf(holding))) {
      withdraw(ruleset, holding.feature, holding.tag);
    }
  }
}

function nameOf({ feature, tag }: Pick<Holding, "feature" | "tag">): string {
  return `${feature.name} ${tag}`;
}

/** @returns who has something in the table */
export function listPresent({ nft }: Ruleset): Pick<Holding, "feature" | "tag">[] {
  return features.flatMap((feature) =>
    nft.listElements(feature.owners).map(({ comment = "" }) => ({ feature, tag: comment })),
  );
}

/** @returns false when somebody changed the ruleset in the meantime */
function replaceTable(
  { host, nft, archive }: Ruleset,
  holdings: readonly Holding[],
  generation: number,
): boolean {
  const before = nft.hasTable(table) ? [encodeDeleteTable(table)] : [];
  const openBefore = nft
    .listElements(routeLocalnet)
    .filter(({ comment }) => comment === undefined)
    .map(({ key }) => decodeName(key));
  const wanted = holdings.map((holding) => withoutComments(holding, openBefore));
  const after = wanted.length === 0 ? [] : encodeTableWith(wanted);
  if (before.length + after.length === 0) return true;
  try {
    nft.commit([...before, ...after], generation);
  } catch (error) {
    if (isOvertaken(error)) return false;
    throw error;
  }
  writeRouteLocalnet(host, holdings.flatMap(linksToOpen), true);
  forgetRemoved(nft, archive, holdings);
  return true;
}

function insertMissing({ host, nft, archive }: Ruleset, wanted: readonly Holding[]): Reapplied {
  const accepted: Holding[] = [];
  const refused: string[] = [];
  for (const holding of wanted) {
    try {
      insertHolding(nft, archive, holding);
      accepted.push(holding);
    } catch (error) {
      if (!(error instanceof ClaimRefusedError)) throw error;
      refused.push(holding.tag);
    }
  }
  writeRouteLocalnet(host, accepted.flatMap(linksToOpen), true);
  forgetRemoved(nft, archive, accepted);
  return { accepted, refused };
}
