import type { Operation } from "../../cni/call.ts";
import type { JsonObject } from "../../cni/json.ts";
import { isAtLeast, parseVersion } from "../../cni/version.ts";
import { configurationError } from "../cli-error.ts";
import type { Conflist } from "./conflist.ts";
import { type CallOptions, callPlugin } from "./plugin-call.ts";
import type { PluginConf } from "./plugin-conf.ts";
import { type Additions, formatPluginInput } from "./plugin-input.ts";
import { noRuntimeConf, type RuntimeConf } from "./runtime-conf.ts";

/** The runtime's side of CNI: what all operations on networks need. */
export interface Runtime {
  readonly calls: CallOptions;
  /** As libcni's: attachments are remembered in its folder "results". */
  readonly cacheDirectory: string;
}

/** Calls one plugin about an attachment, for an operation that has no result. */
export async function callAboutAttachment(
  { calls }: Runtime,
  operation: Operation,
  list: Conflist,
  plugin: PluginConf,
  { conf, prevResult }: { readonly conf: RuntimeConf; readonly prevResult: JsonObject | undefined },
): Promise<void> {
  const { capabilityArgs } = conf;
  const stdin = formatPluginInput(list, plugin, { prevResult, capabilityArgs });
  await callPlugin(operation, plugin, { stdin, conf }, calls, () => {});
}

/** Calls one plugin about the network as a whole. */
export async function callAboutNetwork(
  { calls }: Runtime,
  operation: Operation,
  list: Conflist,
  plugin: PluginConf,
  additions: Additions = {},
): Promise<void> {
  const stdin = formatPluginInput(list, plugin, additions);
  await callPlugin(operation, plugin, { stdin, conf: noRuntimeConf }, calls, () => {});
}

/** Whether a network's version has what the specification brought with version `minimum`. */
export function speaks({ name, cniVersion }: Conflist, minimum: string): boolean {
  if (parseVersion(cniVersion) !== undefined) return isAtLeast(cniVersion, minimum);
  throw configurationError(`"cniVersion" of network "${name}" is no version: "${cniVersion}"`);
}
