import { findMember, isJsonObject, type JsonObject, type JsonValue } from "../../cni/json.ts";
import { configurationError } from "../cli-error.ts";

/** One plugin of a network, as the administrator wrote it. */
export interface PluginConf {
  /** The name of its executable. */
  readonly type: string;
  /** The member `name`, which only a plugin that is a file of its own needs. */
  readonly name: string;
  /** The member `cniVersion`, likewise. */
  readonly cniVersion: string;
  /** Those that are true. */
  readonly capabilities: readonly string[];
  /** All of it, to be passed on. */
  readonly document: JsonObject;
}

/** @throws {CliError} in the words of libcni */
export function parsePluginConf(document: JsonObject): PluginConf {
  const type = readString(document, "type");
  if (type === "") throw malformed("missing 'type'");
  return {
    type,
    name: readString(document, "name"),
    cniVersion: readString(document, "cniVersion"),
    capabilities: readCapabilities(findMember(document, "capabilities") ?? {}),
    document,
  };
}

function readString(document: JsonObject, key: string): string {
  const value = findMember(document, key) ?? "";
  if (typeof value === "string") return value;
  throw malformed(`"${key}" must be a string, not ${JSON.stringify(value)}`);
}

function readCapabilities(capabilities: JsonValue): string[] {
  if (!isJsonObject(capabilities)) throw malformed('"capabilities" must be an object');
  return Object.entries(capabilities).flatMap(([key, value]) => {
    if (typeof value === "boolean" || value === null) return value ? [key] : [];
    throw malformed(`"capabilities.${key}" must be true or false, not ${JSON.stringify(value)}`);
  });
}

function malformed(reason: string) {
  return configurationError(`error parsing configuration: ${reason}`);
}
