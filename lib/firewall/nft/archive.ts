import { writeStderr } from "../../sys/stdio.ts";
import { isAlive, isRecord, type RuleRecord, recordName } from "../records.ts";
import { formatTag } from "../rule-owner.ts";
import type { Store } from "../store.ts";
import type { Archive } from "./claims.ts";
import type { Holding } from "./holding.ts";
import { planMasquerade } from "./masquerade.ts";
import { planPorts } from "./ports.ts";

/** @returns the elements that a record asks for */
export function planRecord(record: RuleRecord): Holding {
  const tag = formatTag(record.owner);
  return record.feature === "ports"
    ? planPorts(tag, record.request)
    : planMasquerade(tag, record.request);
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

/** The records of a namespace as holdings. */
export function openArchive(store: Store): Archive {
  return {
    find: (feature, tag) => tryPlan(store.read(recordName(feature.name, tag)))?.holding,
    list: () =>
      store
        .list()
        .map(tryPlan)
        .filter((plan) => plan !== undefined)
        .map(({ record, holding }) => ({ holding, isAlive: isAlive(record) })),
    forget: (feature, tag) => {
      store.remove(recordName(feature.name, tag));
    },
  };
}
