import type { Conflist } from "./conflist.ts";
import { callAboutNetwork, type Runtime, speaks } from "./runtime.ts";

/**
 * Asks every plugin whether it is ready for ADD.
 *
 * @returns false when the network's version has no such question
 * @throws {PluginFailure} of the first plugin that is not
 */
export async function queryStatus(runtime: Runtime, list: Conflist): Promise<boolean> {
  if (!speaks(list, "1.1.0")) return false;
  for (const plugin of list.plugins) await callAboutNetwork(runtime, "STATUS", list, plugin);
  return true;
}
