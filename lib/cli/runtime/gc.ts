import { CliError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { CachedAttachment } from "./cached-attachment.ts";
import type { Conflist } from "./conflist.ts";
import { deleteNetwork } from "./del.ts";
import type { ValidAttachment } from "./plugin-input.ts";
import { listCachedAttachments } from "./result-cache.ts";
import { callAboutNetwork, type Runtime, speaks } from "./runtime.ts";

/** What GC did. */
export interface GcReport {
  /** False when the network says that nothing is to be collected. */
  readonly isEnabled: boolean;
  /** The attachments that were removed. */
  readonly removed: readonly CachedAttachment[];
}

/** @returns the attachments that are remembered of a network but no longer valid */
export function listStaleAttachments(
  { cacheDirectory }: Pick<Runtime, "cacheDirectory">,
  { name }: Pick<Conflist, "name">,
  valid: readonly ValidAttachment[],
): CachedAttachment[] {
  return listCachedAttachments(cacheDirectory, name).filter(
    ({ containerId, ifName }) =>
      !valid.some((each) => each.containerID === containerId && each.ifname === ifName),
  );
}

/**
 * Removes everything of a network that belongs to none of the valid attachments: DEL for those that
 * are remembered, then GC for what nobody remembers. Goes on after errors.
 *
 * @param valid undefined means none, and is not passed on to plugins, as `cnitool` does
 * @throws {AggregateError} with every error
 */
export async function collectGarbage(
  runtime: Runtime,
  list: Conflist,
  valid: readonly ValidAttachment[] | undefined,
): Promise<GcReport> {
  if (list.disableGc) return { isEnabled: false, removed: [] };
  const errors: Error[] = [];
  const removed: CachedAttachment[] = [];
  for (const stale of listStaleAttachments(runtime, list, valid ?? [])) {
    const what = `failed to delete stale attachment ${stale.containerId} ${stale.ifName}`;
    await attempt(what, errors, async () => {
      await deleteNetwork(runtime, list, stale.conf);
      removed.push(stale);
    });
  }
  for (const plugin of speaks(list, "1.1.0") ? list.plugins : []) {
    await attempt(`failed to GC plugin ${plugin.type}`, errors, () =>
      callAboutNetwork(runtime, "GC", list, plugin, { validAttachments: valid }),
    );
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("\n"));
  return { isEnabled: true, removed };
}

async function attempt(what: string, errors: Error[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    errors.push(new CliError(ExitStatus.failure, `${what}: ${reason}`, undefined, { cause }));
  }
}
