import type { JsonObject } from "../../cni/json.ts";
import { CliError, configurationError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Conflist } from "./conflist.ts";
import { convertResult } from "./plugin-result.ts";
import { findCachedAttachment } from "./result-cache.ts";
import { callAboutAttachment, type Runtime, speaks } from "./runtime.ts";
import { completeConf, type RuntimeConf } from "./runtime-conf.ts";

/**
 * Asks every plugin whether an attachment is still as ADD left it.
 *
 * @returns false when the network says that this is not to be asked
 * @throws {PluginFailure} of the first plugin that finds something amiss
 */
export async function checkNetwork(
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<boolean> {
  if (!speaks(list, "0.4.0")) {
    const version = list.cniVersion || "0.1.0";
    throw configurationError(
      `configuration version "${version}" does not support the CHECK command`,
      'CHECK came with version 0.4.0: raise "cniVersion" if the plugins speak it.',
    );
  }
  if (list.disableCheck) return false;
  const { conf: completed, prevResult } = recall(runtime, list, conf);
  for (const plugin of list.plugins) {
    await callAboutAttachment(runtime, "CHECK", list, plugin, { conf: completed, prevResult });
  }
  return true;
}

/** CHECK compares with what ADD returned: it cannot do without. */
function recall(
  { cacheDirectory }: Runtime,
  { name: network, cniVersion }: Conflist,
  conf: RuntimeConf,
): { readonly conf: RuntimeConf; readonly prevResult: JsonObject } {
  const { containerId, ifName } = conf;
  try {
    const cached = findCachedAttachment(cacheDirectory, { network, containerId, ifName });
    if (cached !== undefined) {
      const prevResult = convertResult(cached.result, cniVersion);
      return { conf: completeConf(conf, cached.conf), prevResult };
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `failed to get network "${network}" cached result: ${reason}`;
    throw new CliError(ExitStatus.failure, message, undefined, { cause });
  }
  throw new CliError(
    ExitStatus.failure,
    `no ADD to network "${network}" is known of ${ifName} in ${conf.netns} (container ID ${containerId})`,
    `Attachments are remembered in ${cacheDirectory}/results.`,
  );
}
