import type { JsonObject } from "../../cni/json.ts";
import type { CachedAttachment } from "./cached-attachment.ts";
import type { Conflist } from "./conflist.ts";
import { convertResult } from "./plugin-result.ts";
import { findCachedAttachment, removeCachedAttachment } from "./result-cache.ts";
import { callAboutAttachment, type Runtime, speaks } from "./runtime.ts";
import { completeConf, type RuntimeConf } from "./runtime-conf.ts";

/**
 * Detaches a container from a network: every plugin, the last first, until one fails. What was
 * remembered of the attachment is forgotten once all have succeeded.
 */
export async function deleteNetwork(
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<void> {
  const wantsResult = speaks(list, "0.4.0");
  const { containerId, ifName } = conf;
  const attachment = { network: list.name, containerId, ifName };
  const cached = recall(runtime, attachment);
  const call = {
    conf: completeConf(conf, cached?.conf),
    prevResult: wantsResult ? prevResultOf(cached, list) : undefined,
  };
  for (const plugin of list.plugins.toReversed()) {
    await callAboutAttachment(runtime, "DEL", list, plugin, call);
  }
  removeCachedAttachment(runtime.cacheDirectory, attachment);
}

/** A damaged memory must not keep a container from being removed; plugins do without. */
function recall(
  { cacheDirectory }: Runtime,
  attachment: Parameters<typeof findCachedAttachment>[1],
): CachedAttachment | undefined {
  try {
    return findCachedAttachment(cacheDirectory, attachment);
  } catch {
    return undefined;
  }
}

function prevResultOf(
  cached: CachedAttachment | undefined,
  { cniVersion }: Conflist,
): JsonObject | undefined {
  try {
    return cached && convertResult(cached.result, cniVersion);
  } catch {
    return undefined;
  }
}
