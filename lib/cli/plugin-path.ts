import { dirname } from "node:path";

/**
 * Splits `CNI_PATH`; without one, plugins are looked for where this executable lies, then where
 * runtimes have them.
 */
export function pluginPathOf(cniPath = ""): string[] {
  // An empty part would mean the current directory, whatever lies there.
  const directories = cniPath.split(":").filter((directory) => directory !== "");
  if (directories.length > 0) return directories;
  return [...new Set([dirname(process.execPath), "/opt/cni/bin"])];
}
