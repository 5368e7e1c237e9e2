import { answer } from "../answer.ts";
import type { Context } from "../context.ts";
import { checkNetwork } from "../runtime/check.ts";
import { type AttachmentRequest, loadNetwork, openRuntime, readRuntimeConf } from "./request.ts";

/** `patchbay check` */
export async function check(context: Context, request: AttachmentRequest): Promise<void> {
  await answer(context, request.options, async () => {
    const list = loadNetwork(request);
    const conf = readRuntimeConf(request);
    const runtime = openRuntime(context, request.options);
    const wasChecked = await checkNetwork(runtime, list, conf);
    const { style } = context.terminal.out;
    const subject = `${conf.ifName} of ${request.netns} on ${list.name}`;
    const text = wasChecked
      ? `${style("good", "good:")} ${subject} is as ADD left it\n`
      : `${style("warning", "not checked:")} network ${list.name} sets disableCheck\n`;
    return { text, document: { network: list.name, ...identify(conf), checked: wasChecked } };
  });
}

function identify({ containerId, ifName }: { containerId: string; ifName: string }) {
  return { containerID: containerId, ifname: ifName };
}
