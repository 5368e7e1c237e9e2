import { writeStderr } from "../../sys/stdio.ts";
import {
  isAlive,
  isGone,
  isRecord,
  type PortRecord,
  type RuleRecord,
  recordName,
  recordNameOf,
} from "../records.ts";
import { formatTag } from "../rule-owner.ts";
import type { Store } from "../store.ts";
import type { Archive } from "./claims.ts";
import type { Holding } from "./holding.ts";
import { planMasquerade } from "./masquerade.ts";
import { planPorts } from "./ports.ts";

/** @returns the elements that a record asks for */
export function planRecord(record: RuleRecord): Holding {
  const tag = formatTag(record.owner);
  if (record.feature === "masquerade") return planMasquerade(tag, record.request);
  return { ...planPorts(tag, record.request), siblings: record.sharing?.siblings ?? [] };
}

/** A record that a newer version wrote must not keep this one from doing the rest. */
export function tryPlan(value: unknown): { record: RuleRecord; holding: Holding } | undefined {
  if (!isRecord(value)) return undefined;
  try {
    return { record: value, holding: planRecord(value) };
  } catch (error) {
    writeStderr(`patchbay: no rules from the record of ${formatTag(value.owner)}: ${error}\n`);
    return undefined;
  }
}

/** @returns the records of a namespace, with what they ask for; who waits comes later */
export function listPlans(store: Store): { record: RuleRecord; holding: Holding }[] {
  return store
    .list()
    .map(tryPlan)
    .filter((plan) => plan !== undefined)
    .sort((one, other) => turnOf(one.record) - turnOf(other.record));
}

/** The records of a namespace as holdings. */
export function openArchive(store: Store): Archive {
  return {
    find: (feature, tag) => tryPlan(store.read(recordName(feature.name, tag)))?.holding,
    list: () =>
      listPlans(store).map(({ record, holding }) => ({ holding, isAlive: isAlive(record) })),
    isGone: (feature, tag) => {
      const value = store.read(recordName(feature.name, tag));
      return isRecord(value) && isGone(value);
    },
    forget: (feature, tag) => {
      store.remove(recordName(feature.name, tag));
    },
    noteWait: ({ feature, heir, holder }) => {
      const [waiting, having] = [heir, holder].map((tag) => {
        return readPorts(store, recordName(feature.name, tag));
      });
      const turn = turnOf(having) + 1;
      // In this order: once the heir's record says so, its DEL takes nothing of the holder's.
      noteSibling(store, waiting, { sibling: holder, turn: Math.max(turnOf(waiting), turn) });
      noteSibling(store, having, { sibling: heir, turn: turnOf(having) });
    },
  };
}

function turnOf(record: RuleRecord | undefined): number {
  return record?.feature === "ports" ? (record.sharing?.turn ?? 0) : 0;
}

function readPorts(store: Store, name: string): PortRecord | undefined {
  const value = store.read(name);
  return isRecord(value) && value.feature === "ports" ? value : undefined;
}

function noteSibling(
  store: Store,
  record: PortRecord | undefined,
  { sibling, turn }: { sibling: string; turn: number },
): void {
  if (record === undefined) return;
  const { siblings = [], turn: before } = record.sharing ?? {};
  if (turn === before && siblings.includes(sibling)) return;
  const sharing = { turn, siblings: [...new Set([...siblings, sibling])] };
  const name = recordNameOf(record);
  // Without a record, DEL looks for what is the attachment's own; by a wrong one, it would not.
  if (!store.write(name, { ...record, sharing })) store.remove(name);
}
