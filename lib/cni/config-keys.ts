import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { findNearMiss } from "./near-miss.ts";

/** Keys that any plugin may be given, whether its schema looks at them or not. */
const wellKnownKeys = [
  "args",
  "capabilities",
  "cniVersion",
  "dns",
  "ipam",
  "ipMasq",
  "name",
  "prevResult",
  "runtimeConfig",
  "type",
] as const;

type Warn = (line: string) => void;

interface Place {
  /** Of the value in its document: "" or such as "runtimeConfig.portMappings[0].". */
  readonly path: string;
  readonly warn: Warn;
}

/**
 * Spells the keys of a configuration as the schema does, at every depth, the way Go matches JSON
 * to fields: case does not matter, of several spellings the last one counts, `null` is no value.
 * Warns of unknown keys that are close to a known one.
 */
export function matchKeys(schema: $ZodType, document: JsonObject, warn: Warn): JsonValue {
  return matchValue(schema, document, { path: "", warn });
}

function matchValue(schema: $ZodType, value: JsonValue, place: Place): JsonValue {
  // zod types schemas by what they check; this union of all kinds is its way to look inside.
  const { def } = (schema as $ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return isJsonObject(value) ? matchObject(def.shape, value, place) : value;
    case "record":
      return isJsonObject(value) ? matchRecord(def.valueType, value, place) : value;
    case "array":
      return Array.isArray(value) ? matchList(def.element, value, place) : value;
    case "union": {
      const wanted = Array.isArray(value) ? "array" : "object";
      const option = def.options.find(({ _zod }) => _zod.def.type === wanted);
      return option === undefined ? value : matchValue(option, value, place);
    }
    case "pipe":
      return matchValue(def.in, value, place);
    case "default":
    case "nullable":
    case "optional":
    case "prefault":
    case "readonly":
      return matchValue(def.innerType, value, place);
    default:
      return value;
  }
}

function matchList(element: $ZodType, list: readonly JsonValue[], place: Place): JsonValue {
  return list.map((value, index) => {
    const path = `${place.path.replace(/\.$/, "")}[${index}].`;
    return matchValue(element, value, { ...place, path });
  });
}

/** The keys of a record are the administrator's own: they stay as they are. */
function matchRecord(valueType: $ZodType, record: JsonObject, place: Place): JsonValue {
  const members = Object.entries(record).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.map(([key, value]) => [key, matchValue(valueType, value, inside(place, key))]),
  );
}

type Shape = { readonly [key: string]: $ZodType };

function matchObject(shape: Shape, object: JsonObject, place: Place): JsonObject {
  const spellings = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const members = new Map<string, JsonValue>();
  for (const [written, value] of Object.entries(object)) {
    const key = spellings.get(written.toLowerCase()) ?? written;
    const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (schema === undefined) warnOfNearMiss(written, shape, place);
    if (members.has(key))
      place.warn(`warning: "${place.path}${key}" is given twice: the last counts`);
    if (value === null) continue;
    members.set(key, schema === undefined ? value : matchValue(schema, value, inside(place, key)));
  }
  return Object.fromEntries(members);
}

function inside(place: Place, key: string): Place {
  return { ...place, path: `${place.path}${key}.` };
}

function warnOfNearMiss(written: string, shape: Shape, { path, warn }: Place): void {
  const wellKnown = path === "" ? wellKnownKeys : [];
  if (wellKnown.some((key) => key.toLowerCase() === written.toLowerCase())) return;
  const meant = findNearMiss(written, [...Object.keys(shape), ...wellKnown]);
  if (meant === undefined) return;
  warn(`warning: unknown key "${path}${written}": did you mean "${path}${meant}"?`);
}
