import fc from "fast-check";
import type { Json } from "../../support/outcome.ts";
import { oddities, runs } from "./oddities.ts";

/** One change of a document: where, and what. */
interface Edit {
  /** Counted through all members of all objects and lists. */
  readonly place: number;
  readonly deed: "replace" | "delete" | "rename" | "repeat" | "wrap" | "bury";
  readonly value: unknown;
  readonly text: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  place: fc.nat(200),
  deed: fc.oneof(
    fc.constant("replace" as const),
    fc.constantFrom("delete", "rename", "repeat", "wrap", "bury"),
  ),
  value: fc.oneof(
    { arbitrary: fc.constantFrom(...oddities), weight: 16 },
    { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 2 },
    { arbitrary: runs, weight: 1 },
  ),
  text: fc.oneof(
    fc.constantFrom("TYPE", "Name", "ipAm", "__proto__", "constructor", ""),
    fc.string(),
  ),
});

/** A document that is almost one of these. */
export function almost(...documents: readonly Json[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(edit, { maxLength: 4 }))
    .map(([document, edits]) => edits.reduce(applyEdit, structuredClone(document) as unknown));
}

function applyEdit(document: unknown, { place, deed, value: model, text }: Edit): unknown {
  const value = structuredClone(model); // lest one document gets into another, or into itself
  const places = listPlaces(document);
  const found = places[place % Math.max(1, places.length)];
  if (found === undefined) return value;
  const { holder, key } = found;
  const old = holder[key];
  if (deed === "replace") holder[key] = value;
  if (deed === "delete" || deed === "rename") delete holder[key];
  if (deed === "rename") define(holder, text, old);
  if (deed === "repeat") define(holder, key.toUpperCase(), value);
  if (deed === "wrap") holder[key] = [old, structuredClone(old)];
  if (deed === "bury") holder[key] = bury(old);
  return document;
}

/** Also for "__proto__", which an assignment would take for something else. A list has no names. */
function define(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder)) {
    holder.push(value);
    return;
  }
  const how = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(holder, key, { value, ...how });
}

function bury(value: unknown): unknown {
  return Array.from({ length: 300 }).reduce((inner: unknown) => [inner], value);
}

type Holder = Record<string, unknown>;

interface Place {
  readonly holder: Holder;
  readonly key: string;
}

function listPlaces(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return places;
  const holder = value as Holder;
  for (const key of Object.keys(holder)) {
    places.push({ holder, key });
    listPlaces(holder[key], places);
  }
  return places;
}
