import { CniError, ErrorCode } from "./error.ts";
import type { JsonObject } from "./json.ts";
import { type Located, objectMember, stringMember } from "./json-members.ts";
import type { Result } from "./result.ts";
import { formatV01, parseV01 } from "./result-v0-1.ts";
import { formatV03, parseV03 } from "./result-v0-3.ts";
import { formatV1, parseV1 } from "./result-v1.ts";
import { oldestVersion, type SpecVersion } from "./version.ts";

/**
 * Results have had three shapes. Parsing and formatting go between each of them and the newest, so
 * converting from any version to any other is parsing the one and formatting the other.
 */
interface Shape {
  readonly versions: readonly string[];
  parse(document: Located): Result;
  format(result: Result, cniVersion: string): JsonObject;
}

const shapes: readonly Shape[] = [
  { versions: ["0.1.0", "0.2.0"], parse: parseV01, format: formatV01 },
  { versions: ["0.3.0", "0.3.1", "0.4.0"], parse: parseV03, format: formatV03 },
  { versions: ["1.0.0", "1.1.0"], parse: parseV1, format: formatV1 },
];

/**
 * @returns what ADD prints
 * @throws {CniError} code 1 when the version cannot express the result
 */
export function formatResult(result: Result, version: SpecVersion): JsonObject {
  return shapeOf(version).format(result, version);
}

/**
 * Parses what a delegate printed, in the version that it says it is.
 *
 * @param configVersion what it is when it does not say
 */
export function parseResult(document: JsonObject, configVersion: SpecVersion): Result {
  const at = { object: document, path: "" };
  return shapeOf(stringMember(at, "cniVersion") || configVersion).parse(at);
}

/**
 * Parses the result of the plugin before this one, or on CHECK and DEL the result of the whole. It
 * must have the shape of the configuration's version: runtimes convert it (specification, section
 * 4, "Deriving request configuration").
 *
 * @returns undefined when the configuration has none
 * @throws {CniError} code 7
 */
export function parsePrevResult(
  document: JsonObject,
  configVersion: SpecVersion,
): Result | undefined {
  try {
    const prevResult = objectMember({ object: document, path: "" }, "prevResult");
    return prevResult === undefined ? undefined : parseShape(prevResult, configVersion);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const msg = `could not parse prevResult: ${reason}`;
    throw new CniError(ErrorCode.invalidConfig, msg, "", { cause });
  }
}

function parseShape(prevResult: Located, configVersion: SpecVersion): Result {
  const { versions, parse } = shapeOf(configVersion);
  const version = stringMember(prevResult, "cniVersion") || configVersion;
  if (!versions.includes(version)) throw new Error(familyMismatch(versions, version));
  return parse(prevResult);
}

function familyMismatch(versions: readonly string[], version: string): string {
  return `result type supports [${versions.join(" ")}] but unmarshalled CNIVersion is "${version}"`;
}

/** "" is the oldest version, as everywhere in the protocol. */
function shapeOf(version: string): Shape {
  const shape = shapes.find(({ versions }) => versions.includes(version || oldestVersion));
  if (shape !== undefined) return shape;
  const known = shapes.flatMap(({ versions }) => versions).join(", ");
  throw new CniError(
    ErrorCode.incompatibleVersion,
    `unsupported CNI result version "${version}": known are ${known}`,
  );
}
