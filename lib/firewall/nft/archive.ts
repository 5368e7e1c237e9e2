import { isRecord, type RuleRecord, recordName } from "../records.ts";
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

/** The records of a namespace as holdings. */
export function openArchive(store: Store): Archive {
  return {
    find: (feature, tag) => {
      const record = store.read(recordName(feature.name, tag));
      return isRecord(record) ? planRecord(record) : undefined;
    },
    list: () => store.list().filter(isRecord).map(planRecord),
    forget: (feature, tag) => {
      store.remove(recordName(feature.name, tag));
    },
  };
}
