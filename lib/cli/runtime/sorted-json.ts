import { formatJsonLine, isJsonObject, type JsonObject, type JsonValue } from "../../cni/json.ts";

/**
 * Formats a document on one line with its keys in order, as Go writes a map. What libcni writes to
 * plugins and to its cache then has the same bytes, and can be compared.
 */
export function formatSortedJson(value: JsonValue): string {
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort();
    return formatMembers(keys.map((key) => [key, value[key] ?? null]));
  }
  if (!Array.isArray(value)) return formatJsonLine(value);
  return `[${value.map(formatSortedJson).join(",")}]`;
}

/** The same, with the outermost keys in the order given, as Go writes a struct. */
export function formatMembers(members: readonly (readonly [string, JsonValue])[]): string {
  const texts = members.map(([key, value]) => `${formatJsonLine(key)}:${formatSortedJson(value)}`);
  return `{${texts.join(",")}}`;
}

/** @returns `object` without what is undefined */
export function definedMembers(object: {
  readonly [key: string]: JsonValue | undefined;
}): JsonObject {
  const members = Object.entries(object).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries(members);
}
