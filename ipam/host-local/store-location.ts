import { invalidConfig } from "../../lib/cni/error.ts";
import { statSync } from "../../lib/sys/fs.ts";

/** Where the reservations of a network are. */
export interface StoreLocation {
  /** As {@link cleanPath} leaves it. */
  readonly dataDir: string;
  readonly network: string;
}

/** @throws {CniError} code 7 when the network's name would lead somewhere else */
export function directoryOf({ dataDir, network }: StoreLocation): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(network)) return `${dataDir}/${network}`;
  throw invalidConfig(`the network's name "${network}" cannot name a directory`);
}

/**
 * @returns where the index is. Drafts are linked from there into the directory, so it has to be on the
 * same file system.
 */
export function indexFolderOf(location: StoreLocation): string {
  const [{ dataDir }, directory] = [location, directoryOf(location)];
  const isMountPoint = statSync(dataDir || "/").dev !== statSync(directory).dev;
  return isMountPoint ? `${directory}/.patchbay` : `${dataDir}/.patchbay/${location.network}`;
}

/**
 * @returns the path without anything that does not matter in it: "." and "..", slashes at the end; of
 *   "/" nothing is left
 */
export function cleanPath(path: string): string {
  if (!/\/$|\/\/|\/\.|^\./.test(path)) return path;
  const { normalize }: typeof import("node:path") = require("node:path");
  return normalize(path).replace(/\/$/, "");
}
