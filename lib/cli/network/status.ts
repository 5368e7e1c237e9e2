import { answer } from "../answer.ts";
import type { Context } from "../context.ts";
import { queryStatus } from "../runtime/status.ts";
import { loadNetwork, type NetworkRequest, openRuntime } from "./request.ts";

/** `patchbay status` */
export async function status(context: Context, request: NetworkRequest): Promise<void> {
  await answer(context, request.options, async () => {
    const list = loadNetwork(request);
    const wasAsked = await queryStatus(openRuntime(context, request.options), list);
    const { style } = context.terminal.out;
    const text = wasAsked
      ? `${style("good", "ready:")} ${list.name}\n`
      : `${style("warning", "not asked:")} STATUS came with version 1.1.0, ${list.name} is ${list.cniVersion}\n`;
    return { text, document: { network: list.name, asked: wasAsked, ready: true } };
  });
}
