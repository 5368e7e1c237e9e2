import { CniError, ErrorCode } from "./error.ts";
import { findSyntaxError } from "./json-syntax.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Go's limit, kept so that no document overflows the stack of whoever walks it. */
const maximumDepth = 10_000;

const Ascii = {
  quote: 0x22,
  leftBracket: 0x5b,
  backslash: 0x5c,
  rightBracket: 0x5d,
  leftBrace: 0x7b,
  rightBrace: 0x7d,
} as const;

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses one JSON object in UTF-8: what a runtime writes to a plugin's stdin, or a delegate to its
 * stdout. `null` stands for an empty object, as in the reference.
 *
 * @param what names the document in the error
 * @throws {CniError} code 6, saying where the text stops being JSON
 */
export function parseJson(bytes: Uint8Array, what = "network config"): JsonObject {
  try {
    return parseJsonObject(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CniError(ErrorCode.decoding, `error unmarshall ${what}: ${error.message}`);
  }
}

/**
 * The same for whoever has words of their own for what failed.
 *
 * @throws {SyntaxError} saying where the text stops being JSON
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  const text = decodeUtf8(bytes);
  if (bytes.length > maximumDepth && nestingDepth(bytes) > maximumDepth) {
    throw new SyntaxError(`objects and lists may be nested ${maximumDepth} deep, not deeper`);
  }
  const value = parseText(text) ?? {};
  if (isJsonObject(value)) return value;
  throw new SyntaxError(`it must be an object in braces, not ${describeJson(value)}`);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    // A byte order mark is kept, for the parser to refuse: Go refuses it too.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const replaced = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const position = positionIn(replaced, replaced.indexOf("\uFFFD"));
    throw new SyntaxError(`${position}: expected UTF-8 text, found another byte`);
  }
}

function parseText(text: string): JsonValue {
  if (text.trim() === "") throw new SyntaxError("nothing to read, it is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = findSyntaxError(text);
    if (found === undefined) throw error;
    throw new SyntaxError(`${positionIn(text, found.offset)}: ${found.problem}`);
  }
}

function positionIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** @returns how deep objects and lists are nested, in valid JSON and in anything else */
function nestingDepth(bytes: Uint8Array): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString && byte === Ascii.backslash) at++;
    else if (byte === Ascii.quote) inString = !inString;
    else if (inString) continue;
    else if (byte === Ascii.leftBrace || byte === Ascii.leftBracket) depth++;
    else if (byte === Ascii.rightBrace || byte === Ascii.rightBracket) depth--;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/**
 * Formats a document as the reference suite does: four spaces a level, no newline at the end, and
 * Go's habit of escaping what would be special inside HTML.
 */
export function formatJson(value: unknown): string {
  return escapeForHtml(JSON.stringify(value, null, 4));
}

/** The same on one line. */
export function formatJsonLine(value: unknown): string {
  return escapeForHtml(JSON.stringify(value));
}

function escapeForHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * Finds a member the way Go matches keys to fields: without regard to case, the last one in the
 * document wins. `null` counts as absent.
 */
export function findMember(object: JsonObject, key: string): JsonValue | undefined {
  const folded = key.toLowerCase();
  let found: JsonValue | undefined;
  for (const [name, value] of Object.entries(object)) {
    if (value !== null && name.toLowerCase() === folded) found = value;
  }
  return found;
}

/** A value for an error text, short, and with its type where that is not plain to see. */
export function describeJson(value: unknown): string {
  if (value === undefined) return "absent";
  const text = formatJsonLine(value);
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  if (Array.isArray(value)) return `the list ${short}`;
  if (typeof value === "object" && value !== null) return `the object ${short}`;
  return short;
}
