import { CniError, ErrorCode } from "./error.ts";
import { describeJson, findMember, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/**
 * Reads single members of a document, as strictly as a schema and at a small part of its cost: for
 * what every call reads. Keys match as in Go, `null` is absent, and whatever is absent is undefined.
 */

/** An object and where in its document it was found: "" or such as "prevResult.ips[0]". */
export interface Located {
  readonly object: JsonObject;
  readonly path: string;
}

/** @throws {CniError} code 6 when the member is no string */
export function stringMember(at: Located, key: string): string | undefined {
  const value = findMember(at.object, key);
  if (value === undefined || typeof value === "string") return value;
  throw mustBe(at, key, "a string", value);
}

/** @throws {CniError} code 6 when the member is no whole number */
export function integerMember(at: Located, key: string): number | undefined {
  const value = findMember(at.object, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw mustBe(at, key, "a whole number", value);
}

/** @throws {CniError} code 6 when the member is no list of strings */
export function stringsMember(at: Located, key: string): readonly string[] | undefined {
  const value = findMember(at.object, key);
  if (value === undefined || isStringList(value)) return value;
  throw mustBe(at, key, "a list of strings", value);
}

/** @throws {CniError} code 6 when the member is no object */
export function objectMember(at: Located, key: string): Located | undefined {
  const value = findMember(at.object, key);
  if (value === undefined) return undefined;
  if (isJsonObject(value)) return { object: value, path: pathOf(at, key) };
  throw mustBe(at, key, "an object", value);
}

/** @throws {CniError} code 6 when the member is no list of objects */
export function objectsMember(at: Located, key: string): readonly Located[] {
  const value = findMember(at.object, key) ?? [];
  if (!Array.isArray(value)) throw mustBe(at, key, "a list", value);
  return value.map((element: JsonValue, index) => {
    if (!isJsonObject(element)) throw mustBe(at, `${key}[${index}]`, "an object", element);
    return { object: element, path: `${pathOf(at, key)}[${index}]` };
  });
}

/** @returns an error (code 6) that names the member, what would be right, and what it is */
export function mustBe(at: Located, key: string, right: string, value: unknown): CniError {
  const name = `"${pathOf(at, key)}"`;
  const msg =
    value === undefined
      ? `${name} is missing, it must be ${right}`
      : `${name} must be ${right}, not ${describeJson(value)}`;
  return new CniError(ErrorCode.decoding, msg);
}

function pathOf({ path }: Located, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function isStringList(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}
