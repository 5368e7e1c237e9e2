import { CniError, ErrorCode, invalidConfig } from "./error.ts";
import { expectNetworkName } from "./identifiers.ts";
import type { JsonObject } from "./json.ts";
import { stringMember } from "./json-members.ts";
import { oldestVersion } from "./version.ts";

/** What is read of every network configuration before the plugin reads the rest. */
export interface Network {
  readonly name: string;
  /** As it is written; "0.1.0" when it is not. */
  readonly cniVersion: string;
}

/** @throws {CniError} code 6 for a member of the wrong type, 7 for a missing or impossible name */
export function parseNetwork(document: JsonObject): Network {
  const name = decode(document, "name", "error unmarshall network config");
  if (name === "") throw invalidConfig('missing network name: the configuration needs a "name"');
  expectNetworkName(name);
  const cniVersion = decode(document, "cniVersion", "decoding version from network config");
  return { name, cniVersion: cniVersion || oldestVersion };
}

/** @param failure what to say, in the reference's words, when the member is no string */
function decode(document: JsonObject, key: string, failure: string): string {
  try {
    return stringMember({ object: document, path: "" }, key) ?? "";
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(ErrorCode.decoding, `${failure}: ${error.msg}`);
  }
}
