import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseJsonObject } from "../../cni/json.ts";
import { findNearMiss } from "../../cni/near-miss.ts";
import { CliError, configurationError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import { listConfFiles, listExtensions, singleExtensions } from "./conf-files.ts";
import { type Conflist, conflistOf, parseConflist } from "./conflist.ts";
import { type PluginConf, parsePluginConf } from "./plugin-conf.ts";

/** No file describes a network of that name. */
export class NetworkNotFound extends CliError {
  constructor(message: string, hint: string) {
    super(ExitStatus.configuration, message, hint);
  }
}

/**
 * Loads the network called `name` from a directory, by libcni's rules: conflists first, in the
 * order of their file names, then single plugins. A malformed file on the way ends the search: what
 * it was meant to be cannot be known.
 *
 * @throws {NetworkNotFound} in libcni's words
 */
export function getNetwork(directory: string, name: string): Conflist {
  const lists = listConfFiles(directory, listExtensions);
  for (const file of lists) {
    const list = loadConflist(file);
    if (list.name === name) return list;
  }
  const singles = listConfFiles(directory, singleExtensions);
  for (const file of singles) {
    const conf = loadPluginConf(file);
    if (conf.name === name) return conflistOf(conf);
  }
  throw notFound(directory, name, lists.length + singles.length);
}

/** Loads a network from its file: a conflist, or a single plugin by the file's name. */
export function loadNetworkFile(file: string): Conflist {
  const isSingle = singleExtensions.some((extension) => file.endsWith(extension));
  return isSingle ? conflistOf(loadPluginConf(file)) : loadConflist(file);
}

/** @throws {CliError} naming the file */
function loadConflist(file: string): Conflist {
  return inFile(file, (bytes) => {
    const list = parseConflist(bytes);
    const plugins = [...list.plugins, ...loadPluginsBeside(file, list)];
    if (plugins.length === 0) throw configurationError("no plugin configs found");
    return { ...list, plugins };
  });
}

/** The files of the directory that is called as the network and stands beside the conflist. */
function loadPluginsBeside(file: string, list: Conflist): PluginConf[] {
  // A name with a slash is refused before anything is done with it; it must not lead us elsewhere.
  if (list.loadOnlyInlinedPlugins || list.name.includes("/")) return [];
  const directory = `${dirname(file)}/${list.name}`;
  return listConfFiles(directory, [".conf"]).map(loadPluginConf);
}

function loadPluginConf(file: string): PluginConf {
  return inFile(file, (bytes) => {
    try {
      return parsePluginConf(parseJsonObject(bytes));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw configurationError(`error parsing configuration: ${error.message}`);
    }
  });
}

/** @throws {CliError} that begins with the file's name */
function inFile<T>(file: string, parse: (bytes: Uint8Array) => T): T {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isOurs = error instanceof CliError;
    const hint = isOurs && error.hint === undefined ? `"patchbay lint ${file}" says more.` : "";
    throw configurationError(`error reading ${file}: ${reason}`, hint || undefined);
  }
}

/** @returns the names of all networks of a directory, in order; malformed files are passed over */
export function listNetworkNames(directory: string): string[] {
  const names = [
    ...namesIn(listConfFiles(directory, listExtensions), (file) => loadConflist(file).name),
    ...namesIn(listConfFiles(directory, singleExtensions), (file) => loadPluginConf(file).name),
  ];
  return [...new Set(names)].sort();
}

function namesIn(files: readonly string[], nameOf: (file: string) => string): string[] {
  return files.flatMap((file) => {
    try {
      return nameOf(file) || [];
    } catch {
      return []; // whoever looks for this one is told why
    }
  });
}

function notFound(directory: string, name: string, files: number): NetworkNotFound {
  if (files === 0) {
    return new NetworkNotFound(
      `no net configurations found in ${directory}`,
      "Another directory is named by --conf-dir or NETCONFPATH.",
    );
  }
  const known = listNetworkNames(directory);
  const meant = findNearMiss(name, known);
  return new NetworkNotFound(
    `no net configuration with name "${name}" in ${directory}`,
    meant === undefined ? `There are: ${known.join(", ")}.` : `Did you mean "${meant}"?`,
  );
}
