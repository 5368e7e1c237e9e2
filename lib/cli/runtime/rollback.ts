import { existsSync } from "node:fs";
import type { Conflist } from "./conflist.ts";
import { hasInterface } from "./container-netns.ts";
import { cacheFileOf } from "./result-cache.ts";
import { callAboutAttachment, type Runtime } from "./runtime.ts";
import type { RuntimeConf } from "./runtime-conf.ts";

/**
 * Takes back what a failed ADD may have left: DEL of every plugin, the last first, whatever fails
 * on the way.
 *
 * @returns what could not be taken back
 */
export async function rollBack(
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<readonly Error[]> {
  const errors: Error[] = [];
  for (const plugin of list.plugins.toReversed()) {
    try {
      const call = { conf, prevResult: undefined };
      await callAboutAttachment(runtime, "DEL", list, plugin, call);
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return errors;
}

/**
 * Whether an attachment, or just an interface of that name, was there before ADD. DEL removes by
 * name: after an ADD that failed because of it, it would take down what somebody else made.
 *
 * @throws {CliError} when there is no such namespace
 */
export function isOccupied(
  { cacheDirectory }: Pick<Runtime, "cacheDirectory">,
  { name: network }: Pick<Conflist, "name">,
  { containerId, ifName, netns }: RuntimeConf,
): boolean {
  const attachment = { network, containerId, ifName };
  return hasInterface(netns, ifName) || existsSync(cacheFileOf(cacheDirectory, attachment));
}
