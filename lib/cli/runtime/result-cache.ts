import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseJson } from "../../cni/json.ts";
import type { Attachment } from "../../cni/plugin.ts";
import { isNotFound } from "../../sys/errno.ts";
import {
  type CachedAttachment,
  formatCachedAttachment,
  parseCachedAttachment,
} from "./cached-attachment.ts";

/** Where libcni, and with it every runtime that uses it, keeps what it remembers. */
export const defaultCacheDirectory = "/var/lib/cni";

/** The file that remembers an attachment. */
export function cacheFileOf(directory: string, attachment: Attachment): string {
  const { network, containerId, ifName } = attachment;
  return `${directory}/results/${network}-${containerId}-${ifName}`;
}

/** Remembers an attachment, in place of what was remembered of it. */
export function writeCachedAttachment(directory: string, cached: CachedAttachment): void {
  const file = cacheFileOf(directory, cached);
  mkdirSync(`${directory}/results`, { recursive: true, mode: 0o700 });
  // Written outside of "results", where libcni takes every file for an attachment.
  const draft = `${directory}/.result-${process.pid}`;
  try {
    writeFileSync(draft, formatCachedAttachment(cached), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

export function removeCachedAttachment(directory: string, attachment: Attachment): void {
  rmSync(cacheFileOf(directory, attachment), { force: true });
}

/**
 * @returns undefined when nothing is remembered; a bare result, as older versions of libcni wrote,
 *   comes with nothing else
 * @throws {CniError} code 6 when it cannot be understood
 */
export function findCachedAttachment(
  directory: string,
  attachment: Attachment,
): CachedAttachment | undefined {
  const bytes = readIfThere(cacheFileOf(directory, attachment));
  if (bytes === undefined) return undefined;
  const document = parseJson(bytes, "cached attachment");
  const cached = parseCachedAttachment(document);
  if (cached !== undefined) return cached;
  const { containerId, ifName } = attachment;
  const conf = { containerId, ifName, netns: "", args: [], capabilityArgs: {} };
  return { ...attachment, conf, config: new Uint8Array(), result: document };
}

/** @returns what is remembered of a network; damaged files are passed over, as libcni does */
export function listCachedAttachments(directory: string, network: string): CachedAttachment[] {
  return listFiles(`${directory}/results`).flatMap((file) => {
    try {
      const cached = parseCachedAttachment(parseJson(readFileSync(file), "cached attachment"));
      const isWhole = cached !== undefined && cached.ifName !== "" && cached.network === network;
      return isWhole ? [cached] : [];
    } catch {
      return [];
    }
  });
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .sort()
      .map((name) => `${directory}/${name}`);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** libcni counts what it cannot read as absent, for whatever reason. */
function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
