import { answer } from "../answer.ts";
import type { Context } from "../context.ts";
import type { Conflist } from "../runtime/conflist.ts";
import { parseConflist } from "../runtime/conflist.ts";
import { deleteNetwork } from "../runtime/del.ts";
import { NetworkNotFound } from "../runtime/network.ts";
import { findCachedAttachment } from "../runtime/result-cache.ts";
import type { RuntimeConf } from "../runtime/runtime-conf.ts";
import { type AttachmentRequest, loadNetwork, openRuntime, readRuntimeConf } from "./request.ts";

/** `patchbay del` */
export async function del(context: Context, request: AttachmentRequest): Promise<void> {
  await answer(context, request.options, async () => {
    const conf = readRuntimeConf(request);
    const list = loadNetworkOrRecall(context, request, conf);
    await deleteNetwork(openRuntime(context, request.options), list, conf);
    const head = context.terminal.out.style("good", "detached:");
    const { containerId, ifName } = conf;
    return {
      text: `${head} ${ifName} of ${request.netns} from ${list.name}\n`,
      document: { network: list.name, containerID: containerId, ifname: ifName, deleted: true },
    };
  });
}

/** A network whose file is gone can still be left: ADD has put its configuration by. */
function loadNetworkOrRecall(
  { terminal }: Context,
  request: AttachmentRequest,
  { containerId, ifName }: RuntimeConf,
): Conflist {
  try {
    return loadNetwork(request);
  } catch (error) {
    if (!(error instanceof NetworkNotFound)) throw error;
    const attachment = { network: request.network, containerId, ifName };
    const cached = findCachedAttachment(request.options.cacheDir, attachment);
    if (cached === undefined || cached.config.length === 0) throw error;
    terminal.err.write(`note: ${error.message}; the configuration of ADD is used\n`);
    return parseConflist(cached.config);
  }
}
