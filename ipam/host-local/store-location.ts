import { statSync } from "node:fs";
import { join } from "node:path";
import { invalidConfig } from "../../lib/cni/error.ts";

/** Where the reservations of a network are. */
export interface StoreLocation {
  readonly dataDir: string;
  readonly network: string;
}

/** @throws {CniError} code 7 when the network's name would lead somewhere else */
export function directoryOf({ dataDir, network }: StoreLocation): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(network)) return join(dataDir, network);
  throw invalidConfig(`the network's name "${network}" cannot name a directory`);
}

/**
 * @returns where the index is. Drafts are linked from there into the directory, so it has to be on the
 * same file system.
 */
export function indexFolderOf({ dataDir, network }: StoreLocation): string {
  const directory = join(dataDir, network);
  const isMountPoint = statSync(dataDir).dev !== statSync(directory).dev;
  return isMountPoint ? join(directory, ".patchbay") : join(dataDir, ".patchbay", network);
}
