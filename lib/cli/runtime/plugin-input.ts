import type { JsonObject } from "../../cni/json.ts";
import type { Conflist } from "./conflist.ts";
import type { PluginConf } from "./plugin-conf.ts";
import { definedMembers, formatSortedJson } from "./sorted-json.ts";

/** What a runtime adds to the administrator's words. */
export interface Additions {
  readonly prevResult?: JsonObject | undefined;
  readonly capabilityArgs?: JsonObject;
  /** For GC. */
  readonly validAttachments?: readonly ValidAttachment[] | undefined;
}

/** An entry of `cni.dev/valid-attachments`, in the specification's spelling. */
export type ValidAttachment = { readonly containerID: string; readonly ifname: string };

/** @returns what a plugin reads on stdin (specification, section 3, "Deriving requests") */
export function formatPluginInput(
  { name, cniVersion }: Pick<Conflist, "name" | "cniVersion">,
  plugin: PluginConf,
  { prevResult, capabilityArgs = {}, validAttachments }: Additions,
): string {
  return formatSortedJson({
    ...plugin.document,
    ...definedMembers({
      name,
      cniVersion,
      prevResult,
      runtimeConfig: selectCapabilities(plugin, capabilityArgs),
      "cni.dev/valid-attachments": validAttachments,
      // A slip that libcni once made; plugins of that time look for it.
      "cni.dev/attachments": validAttachments,
    }),
  });
}

/** @returns undefined when nothing is left, for then the plugin gets no `runtimeConfig` */
function selectCapabilities(
  { capabilities }: PluginConf,
  offered: JsonObject,
): JsonObject | undefined {
  const wanted = Object.entries(offered).filter(([key]) => capabilities.includes(key));
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted);
}
