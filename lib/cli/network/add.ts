import type { JsonObject } from "../../cni/json.ts";
import { answer } from "../answer.ts";
import type { Context } from "../context.ts";
import { reportFailure } from "../failure-report.ts";
import { neverAborted } from "../interruption.ts";
import { addNetwork } from "../runtime/add.ts";
import type { Conflist } from "../runtime/conflist.ts";
import { isOccupied, rollBack } from "../runtime/rollback.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RuntimeConf } from "../runtime/runtime-conf.ts";
import type { Stream } from "../terminal.ts";
import type { NetworkOptions } from "./options.ts";
import { type AttachmentRequest, loadNetwork, openRuntime, readRuntimeConf } from "./request.ts";
import { describeResult } from "./result-report.ts";

export interface AddOptions extends NetworkOptions {
  readonly keep?: true;
}

/** `patchbay add` */
export async function add(context: Context, request: AttachmentRequest<AddOptions>): Promise<void> {
  await answer(context, request.options, async () => {
    const list = loadNetwork(request);
    const conf = readRuntimeConf(request);
    const runtime = openRuntime(context, request.options);
    const keeps = whyKept(runtime, list, conf, request.options);
    const document = await addOrRollBack(context.terminal.err, keeps, runtime, list, conf);
    const head = context.terminal.out.style("good", "attached:");
    const text = `${head} ${request.netns} to ${list.name} as ${conf.ifName}\n`;
    return { text: `${text}${describeResult(document)}`, document, isResult: true };
  });
}

/** @returns why what a failed ADD leaves must stay; undefined when it is to be taken back */
function whyKept(
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
  { keep }: AddOptions,
): string | undefined {
  const isThere = isOccupied(runtime, list, conf);
  if (keep) return "What ADD had made before it failed is still there.";
  if (!isThere) return undefined;
  return `${conf.ifName} was there before, so nothing is taken back. Is it attached already?`;
}

async function addOrRollBack(
  log: Stream,
  whyKept: string | undefined,
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<JsonObject> {
  try {
    return await addNetwork(runtime, list, conf);
  } catch (error) {
    if (whyKept === undefined) await rollBackLoudly(log, runtime, list, conf);
    else log.write(`${whyKept}\n`);
    throw error;
  }
}

async function rollBackLoudly(
  log: Stream,
  runtime: Runtime,
  list: Conflist,
  conf: RuntimeConf,
): Promise<void> {
  const calls = { ...runtime.calls, signal: neverAborted() };
  const errors = await rollBack({ ...runtime, calls }, list, conf);
  for (const error of errors) reportFailure(log, error);
  const outcome =
    errors.length === 0
      ? "What ADD had made before it failed is removed again."
      : 'Not all that ADD had made could be removed: see above, then repeat "patchbay del".';
  log.write(`${outcome}\n`);
}
