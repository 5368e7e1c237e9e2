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
  const at = { object: document, path: "" };
  const name = decode(() => stringMember(at, "name")) ?? "";
  if (name === "") throw invalidConfig('missing network name: the configuration needs a "name"');
  expectNetworkName(name);
  const cniVersion = decode(() => stringMember(at, "cniVersion")) || oldestVersion;
  return { name, cniVersion };
}

function decode<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(ErrorCode.decoding, `error unmarshall network config: ${error.msg}`);
  }
}
