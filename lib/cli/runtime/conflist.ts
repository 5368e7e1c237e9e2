import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from "../../cni/json.ts";
import { currentVersion, isAtLeast, parseVersion } from "../../cni/version.ts";
import { configurationError } from "../cli-error.ts";
import { type PluginConf, parsePluginConf } from "./plugin-conf.ts";
import { formatSortedJson } from "./sorted-json.ts";

/** A network: what an administrator wrote, as libcni understands it. */
export interface Conflist {
  readonly name: string;
  /** That of every call; "" when there is none. */
  readonly cniVersion: string;
  readonly disableCheck: boolean;
  readonly disableGc: boolean;
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly PluginConf[];
  /** The text itself, which the cache keeps. */
  readonly bytes: Uint8Array;
}

/**
 * Parses a conflist. At this level keys have to be spelled exactly so, unlike everywhere below.
 *
 * @throws {CliError} in the words of libcni, up to the reason
 */
export function parseConflist(bytes: Uint8Array): Conflist {
  const document = parseDocument(bytes);
  const cniVersion = readString(document, "cniVersion") ?? "";
  const name = readString(document, "name");
  if (name === undefined) throw malformed("no name");
  const loadOnlyInlinedPlugins = readFlag(document, "loadOnlyInlinedPlugins");
  return {
    name,
    cniVersion: chooseVersion(cniVersion, document["cniVersions"]),
    disableCheck: readFlag(document, "disableCheck"),
    disableGc: readFlag(document, "disableGC"),
    loadOnlyInlinedPlugins,
    plugins: readPlugins(document["plugins"], loadOnlyInlinedPlugins),
    bytes,
  };
}

/** Makes a network of a plugin that is a file of its own, as was the custom before 1.0.0. */
export function conflistOf({ name, cniVersion, document }: PluginConf): Conflist {
  const list = { name, cniVersion, plugins: [document] };
  return parseConflist(new TextEncoder().encode(formatSortedJson(list)));
}

function parseDocument(bytes: Uint8Array): JsonObject {
  try {
    return parseJsonObject(bytes);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(error.message);
    throw error;
  }
}

function readString(document: JsonObject, key: string): string | undefined {
  const value = document[key];
  if (value === undefined || typeof value === "string") return value;
  throw malformed(`invalid ${key} type: it must be a string, not ${JSON.stringify(value)}`);
}

/** Also as text, in any case: some generators of configurations cannot write booleans. */
function readFlag(document: JsonObject, key: string): boolean {
  const value = document[key] ?? (key in document ? null : false);
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") {
    throw malformed(`invalid type for ${key}: it must be true or false`);
  }
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  throw malformed(`invalid value "${value}" for ${key}: it must be true or false`);
}

/** @returns the newest version that both sides speak; `cniVersion` itself when there is no list */
function chooseVersion(cniVersion: string, cniVersions: JsonValue | undefined): string {
  if (cniVersions === undefined) return cniVersion;
  if (!Array.isArray(cniVersions)) throw malformed("invalid type for cniVersions: not a list");
  const offered = cniVersions.map(readListedVersion);
  if (cniVersion !== "") {
    if (parseVersion(cniVersion) === undefined)
      throw malformed(`invalid cniVersion "${cniVersion}"`);
    offered.push(cniVersion);
  }
  const spoken = offered.filter((version) => isAtLeast(currentVersion, version));
  const [first, ...others] = spoken;
  if (first === undefined) return cniVersion;
  return others.reduce((best, version) => (isAtLeast(version, best) ? version : best), first);
}

function readListedVersion(version: JsonValue, index: number): string {
  if (typeof version !== "string") {
    throw malformed(`invalid type for cniVersions index ${index}: it must be a string`);
  }
  if (parseVersion(version) !== undefined) return version;
  throw malformed(`invalid cniVersions entry "${version}" at index ${index}`);
}

function readPlugins(plugins: JsonValue | undefined, onlyInlined: boolean): PluginConf[] {
  if (plugins === undefined) {
    if (!onlyInlined) return []; // they may stand in files beside it
    throw malformed("`loadOnlyInlinedPlugins` is true, and no 'plugins' key");
  }
  if (!Array.isArray(plugins)) throw malformed("invalid 'plugins' type: it must be a list");
  if (plugins.length === 0) throw malformed("no plugins in list");
  return plugins.map(readPlugin);
}

function readPlugin(plugin: JsonValue, index: number): PluginConf {
  try {
    if (isJsonObject(plugin)) return parsePluginConf(plugin);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw configurationError(`failed to parse plugin config ${index}: ${reason}`);
  }
  throw configurationError(`failed to parse plugin config ${index}: it must be an object`);
}

function malformed(reason: string) {
  return configurationError(`error parsing configuration list: ${reason}`);
}
