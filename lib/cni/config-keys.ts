import type { Members } from "./config-shape.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { findNearMiss } from "./near-miss.ts";

/** Keys that any plugin may be given, whether its shape has them or not. */
export const wellKnownKeys = [
  "args",
  "capabilities",
  "cniVersion",
  "dns",
  "ipam",
  "ipMasq",
  "log",
  "name",
  "prevResult",
  "runtimeConfig",
  "type",
] as const;

/** Takes a line for people. */
export type Warn = (line: string) => void;

interface Place {
  /** Of the object in its document: "" or such as "runtimeConfig.portMappings[0]". */
  readonly path: string;
  readonly warn: Warn;
}

/**
 * Finds the members that a shape knows, the way Go matches JSON to fields: case does not matter, of
 * several spellings the last one counts, `null` is no value. Warns of unknown keys that are close
 * to a known one.
 */
export function pickMembers(
  members: Members,
  object: JsonObject,
  place: Place,
): ReadonlyMap<string, JsonValue> {
  const spellings = new Map(Object.keys(members).map((key) => [key.toLowerCase(), key]));
  const picked = new Map<string, JsonValue>();
  for (const [written, value] of Object.entries(object)) {
    const key = spellings.get(written.toLowerCase());
    if (key === undefined) {
      warnOfNearMiss(written, members, place);
      continue;
    }
    if (picked.has(key)) {
      place.warn(`warning: "${inside(place, key)}" is given twice: the last counts`);
    }
    if (value !== null) picked.set(key, value);
  }
  return picked;
}

function warnOfNearMiss(written: string, members: Members, place: Place): void {
  const wellKnown = place.path === "" ? wellKnownKeys : [];
  if (wellKnown.some((key) => key.toLowerCase() === written.toLowerCase())) return;
  const meant = findNearMiss(written, [...Object.keys(members), ...wellKnown]);
  if (meant === undefined) return;
  place.warn(
    `warning: unknown key "${inside(place, written)}": did you mean "${inside(place, meant)}"?`,
  );
}

function inside({ path }: Place, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
