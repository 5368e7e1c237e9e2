import { CniError, ErrorCode } from "../../cni/error.ts";
import { type JsonObject, parseJson } from "../../cni/json.ts";
import { stringMember } from "../../cni/json-members.ts";
import { formatResult, parseResult } from "../../cni/result-versions.ts";
import { isSpecVersion, oldestVersion, type SpecVersion } from "../../cni/version.ts";

/**
 * Reads what a plugin printed after ADD. It stays in the version that it says it has; without one,
 * in that of the network.
 *
 * @throws {CniError} when it is no result
 */
export function readPluginResult(stdout: Uint8Array, file: string, cniVersion: string): JsonObject {
  const document = parseJson(stdout, `the result of "${file}"`);
  const version = stringMember({ object: document, path: "" }, "cniVersion") || cniVersion;
  return convertResult({ ...document, cniVersion: version }, version);
}

/** @returns the same result in the words of another version */
export function convertResult(result: JsonObject, cniVersion: string): JsonObject {
  const own = stringMember({ object: result, path: "" }, "cniVersion") ?? "";
  return formatResult(parseResult(result, expectKnown(own)), expectKnown(cniVersion));
}

function expectKnown(version: string): SpecVersion {
  const known = version === "" ? oldestVersion : version;
  if (isSpecVersion(known)) return known;
  throw new CniError(ErrorCode.incompatibleVersion, `unsupported CNI result version "${known}"`);
}
