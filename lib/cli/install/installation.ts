import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { FileLock } from "../../sys/file-lock.ts";
import { isSameFile } from "../../sys/same-file.ts";
import { CliError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Change } from "./change.ts";
import {
  keepAsOriginal,
  keepAsPrevious,
  previousManifest,
  restore,
  restorePrevious,
} from "./kept-files.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { findManifest, writeManifest } from "./manifest.ts";
import { stage } from "./staging.ts";
import { isThere, linkWhole } from "./whole-file.ts";

export interface Executable {
  readonly file: string;
  readonly version: string;
  /** All that it is to be called. */
  readonly names: readonly string[];
}

/**
 * Installs an executable under its names. Each name changes in one step, so that a runtime finds
 * the old plugin or the new one, never none. When anything fails, all of them are put back; when
 * this process is killed on the way, the next call of any of these functions puts them back.
 */
export function install(directory: string, executable: Executable): Promise<Change[]> {
  mkdirSync(layoutOf(directory).state, { recursive: true, mode: 0o755 });
  return whileLocked(directory, async (layout) => {
    recover(layout);
    if (isInstalled(layout, executable)) {
      return executable.names.map((name) => ({ name, outcome: "unchanged" }));
    }
    await stage(layout, executable.file, executable.names);
    try {
      return replaceAll(layout, executable);
    } catch (error) {
      recover(layout);
      throw error;
    }
  });
}

/**
 * Brings back what was there before the last installation.
 *
 * @param giveWay called when these are plugins of others: before the first is there, and after the
 *   last one is
 */
export function rollBack(directory: string, giveWay: () => void): Promise<Change[]> {
  return whileLocked(directory, async (layout) => {
    const manifest = findManifest(layout.manifest);
    if (manifest?.canRollBack) {
      const restoreAll = () => restorePrevious(layout, manifest);
      const isOurs = findManifest(previousManifest(layout)) !== undefined;
      return isOurs ? restoreAll() : giveWayTo(layout.previous, giveWay, restoreAll);
    }
    throw new CliError(
      ExitStatus.failure,
      `there is nothing to roll back to in ${directory}`,
      'Only the last installation can be rolled back; "patchbay uninstall" goes back to the beginning.',
    );
  });
}

/** Brings back what was there before the first installation; `giveWay` as in {@link rollBack}. */
export function uninstall(directory: string, giveWay: () => void): Promise<Change[]> {
  return whileLocked(directory, async (layout) => {
    recover(layout);
    const names = findManifest(layout.manifest)?.names ?? [];
    const restoreAll = () => names.map((name) => restore(layout, layout.original, name));
    const changes = giveWayTo(layout.original, giveWay, restoreAll);
    rmSync(layout.manifest, { force: true });
    return changes;
  });
}

/** Twice: containers may come and go in between. */
function giveWayTo(folder: string, giveWay: () => void, restoreAll: () => Change[]): Change[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (names.length === 0) return restoreAll();
  giveWay();
  const changes = restoreAll();
  giveWay();
  return changes;
}

/** Two installations at once would put back each other's files. */
async function whileLocked<T>(directory: string, work: (layout: Layout) => Promise<T>): Promise<T> {
  const layout = layoutOf(directory);
  if (!existsSync(layout.state)) {
    throw new CliError(ExitStatus.failure, `patchbay is not installed in ${directory}`);
  }
  const lock = FileLock.acquire(layout.lock, { mode: 0o600, seconds: 30 });
  try {
    return await work(layout);
  } finally {
    rmSync(layout.staging, { recursive: true, force: true });
    const isInUse = existsSync(layout.manifest);
    if (!isInUse) rmSync(layout.state, { recursive: true, force: true });
    lock.release();
  }
}

/** Puts back what an installation that did not come to its end has replaced. */
function recover(layout: Layout): void {
  const manifest = findManifest(layout.manifest);
  if (manifest !== undefined && !manifest.isComplete) restorePrevious(layout, manifest);
}

function isInstalled({ directory, manifest }: Layout, { file, names }: Executable): boolean {
  const known = findManifest(manifest)?.names ?? [];
  return (
    names.length === known.length && names.every((name) => isSameFile(file, `${directory}/${name}`))
  );
}

/** Moves everything that is staged to its place. */
function replaceAll(layout: Layout, { names, version }: Executable): Change[] {
  const { directory, staging } = layout;
  const before = findManifest(layout.manifest);
  const ours = before?.names ?? [];
  const retired = ours.filter((name) => !names.includes(name));
  keepAsOriginal(
    layout,
    names.filter((name) => !ours.includes(name)),
  );
  keepAsPrevious(layout, [...names, ...retired], before);
  const manifest = { version, names, canRollBack: true };
  writeManifest(layout.manifest, { ...manifest, isComplete: false });
  const changes = names.map((name): Change => {
    const place = `${directory}/${name}`;
    const outcome = isThere(place) ? "replaced" : "added";
    linkWhole(`${staging}/${name}`, layout.executable);
    renameSync(`${staging}/${name}`, place);
    return { name, outcome };
  });
  changes.push(...retired.map((name) => restore(layout, layout.original, name)));
  writeManifest(layout.manifest, { ...manifest, isComplete: true });
  return changes;
}
