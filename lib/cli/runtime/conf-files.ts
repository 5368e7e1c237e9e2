import { readdirSync } from "node:fs";
import { isNotFound } from "../../sys/errno.ts";

/** Where runtimes look for networks. */
export const defaultConfDir = "/etc/cni/net.d";

/** The extensions of network configurations: lists, and the single plugins of before 1.0.0. */
export const listExtensions = [".conflist"] as const;
export const singleExtensions = [".conf", ".json"] as const;

/**
 * @returns the paths of a directory's own files with one of these extensions, in order; none when
 *   there is no such directory
 */
export function listConfFiles(directory: string, extensions: readonly string[]): string[] {
  return entriesOf(directory)
    .filter((entry) => !entry.isDirectory())
    .filter(({ name }) => extensions.some((extension) => name.endsWith(extension)))
    .map(({ name }) => `${directory.replace(/\/+$/, "")}/${name}`)
    .sort();
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
