import {
  expectContainerId,
  expectInterfaceName,
  expectNetworkName,
} from "../../cni/identifiers.ts";
import type { JsonObject } from "../../cni/json.ts";
import { CliError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Conflist } from "./conflist.ts";
import { callPlugin } from "./plugin-call.ts";
import type { PluginConf } from "./plugin-conf.ts";
import { formatPluginInput } from "./plugin-input.ts";
import { readPluginResult } from "./plugin-result.ts";
import { writeCachedAttachment } from "./result-cache.ts";
import type { Runtime } from "./runtime.ts";
import type { RuntimeConf } from "./runtime-conf.ts";

/**
 * Attaches a container to a network: every plugin in turn, each with the result of the one before.
 * The last result is remembered. Nothing is taken back when a plugin fails: see `rollback.ts`.
 *
 * @returns the last plugin's result
 */
export async function addNetwork(
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<JsonObject> {
  expectContainerId(conf.containerId);
  expectNetworkName(list.name);
  expectInterfaceName(conf.ifName);
  let result: JsonObject | undefined;
  for (const plugin of list.plugins) {
    result = await addPlugin(runtime, list, plugin, { conf, prevResult: result });
  }
  remember(runtime, list, conf, result ?? {});
  return result ?? {};
}

function addPlugin(
  { calls }: Runtime,
  list: Conflist,
  plugin: PluginConf,
  { conf, prevResult }: { readonly conf: RuntimeConf; readonly prevResult: JsonObject | undefined },
): Promise<JsonObject> {
  const { capabilityArgs } = conf;
  const stdin = formatPluginInput(list, plugin, { prevResult, capabilityArgs });
  return callPlugin("ADD", plugin, { stdin, conf }, calls, (stdout, file) =>
    readPluginResult(stdout, file, list.cniVersion),
  );
}

function remember(
  { cacheDirectory }: Runtime,
  { name, bytes }: Conflist,
  conf: RuntimeConf,
  result: JsonObject,
): void {
  const { containerId, ifName } = conf;
  const cached = { network: name, containerId, ifName, conf, config: bytes, result };
  try {
    writeCachedAttachment(cacheDirectory, cached);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `failed to set network "${name}" cached result: ${reason}`;
    throw new CliError(ExitStatus.failure, message, undefined, { cause });
  }
}
