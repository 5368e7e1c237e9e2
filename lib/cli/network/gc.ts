import { existsSync } from "node:fs";
import type { JsonObject } from "../../cni/json.ts";
import { objectsMember, stringMember } from "../../cni/json-members.ts";
import { answer } from "../answer.ts";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { CachedAttachment } from "../runtime/cached-attachment.ts";
import type { Conflist } from "../runtime/conflist.ts";
import { collectGarbage, type GcReport, listStaleAttachments } from "../runtime/gc.ts";
import type { ValidAttachment } from "../runtime/plugin-input.ts";
import { listCachedAttachments } from "../runtime/result-cache.ts";
import { formatTable } from "../table.ts";
import type { NetworkOptions } from "./options.ts";
import { loadNetwork, type NetworkRequest, openRuntime } from "./request.ts";

export interface GcOptions extends NetworkOptions {
  readonly valid?: readonly string[];
  readonly validLive?: true;
  readonly dryRun?: true;
}

/** `patchbay gc` */
export async function gc(context: Context, request: NetworkRequest<GcOptions>): Promise<void> {
  const { options } = request;
  await answer(context, options, async () => {
    const list = loadNetwork(request);
    const valid = chooseValid(list, options);
    const runtime = openRuntime(context, options);
    const report: GcReport = options.dryRun
      ? { isEnabled: !list.disableGc, removed: listStaleAttachments(runtime, list, valid ?? []) }
      : await collectGarbage(runtime, list, valid);
    return { text: describe(context, list, report, options), document: documentOf(list, report) };
  });
}

/** @returns undefined when nothing was said: then plugins are told nothing, as by `cnitool` */
function chooseValid(
  { name }: Conflist,
  { valid, validLive, cacheDir }: GcOptions,
): ValidAttachment[] | undefined {
  if (valid === undefined && validLive === undefined) return undefined;
  const live = validLive ? listCachedAttachments(cacheDir, name).filter(isLive) : [];
  return [
    ...(valid ?? []).map(parseValid),
    ...live.map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName })),
  ];
}

/**
 * libcni notes the namespace since version 1.2 only; before, what the plugins said of it has to do.
 * Nobody's containers lose their network because nothing is known of them.
 */
function isLive({ conf, result }: CachedAttachment): boolean {
  const paths = conf.netns === "" ? sandboxesOf(result) : [conf.netns];
  return paths.length === 0 || paths.some((path) => existsSync(path));
}

function sandboxesOf(object: JsonObject): string[] {
  const interfaces = objectsMember({ object, path: "result" }, "interfaces");
  return interfaces.flatMap((each) => stringMember(each, "sandbox") || []);
}

function parseValid(text: string): ValidAttachment {
  const [containerID, ifname, ...rest] = text.split("/");
  if (containerID && ifname && rest.length === 0) return { containerID, ifname };
  throw usageError(
    `--valid ${text}: it must be a container ID and an interface, such as 3f2a/eth0`,
  );
}

function describe(
  { terminal: { out } }: Context,
  { name }: Conflist,
  { isEnabled, removed }: GcReport,
  { dryRun }: GcOptions,
): string {
  if (!isEnabled) return `${out.style("warning", "not done:")} network ${name} sets disableGC\n`;
  const what = dryRun ? "would remove" : "removed";
  const count = removed.length === 1 ? "1 attachment" : `${removed.length} attachments`;
  const rows = removed.map(({ containerId, ifName, conf }) => [
    `  ${ifName}`,
    containerId,
    conf.netns,
  ]);
  return `${out.style("good", `${what}:`)} ${count} of ${name}\n${formatTable(rows)}`;
}

function documentOf({ name }: Conflist, { isEnabled, removed }: GcReport): JsonObject {
  return {
    network: name,
    enabled: isEnabled,
    removed: removed.map(({ containerId, ifName }) => ({
      containerID: containerId,
      ifname: ifName,
    })),
  };
}
