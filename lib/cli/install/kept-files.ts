import { mkdirSync, renameSync, rmSync } from "node:fs";
import { isSameFile } from "../../sys/same-file.ts";
import type { Change } from "./change.ts";
import type { Layout } from "./layout.ts";
import { findManifest, type Manifest, writeManifest } from "./manifest.ts";
import { isThere, linkWhole } from "./whole-file.ts";

/**
 * What an installation replaces is kept by one more hard link: that costs nothing, and lasts
 * whatever becomes of the other names.
 */

const MANIFEST = ".manifest.json";

/** What was installed before the last installation, if it was one of ours. */
export function previousManifest({ previous }: Layout): string {
  return `${previous}/${MANIFEST}`;
}

/** Keeps what is there under names that have not been ours before. */
export function keepAsOriginal({ directory, original }: Layout, names: readonly string[]): void {
  mkdirSync(original, { recursive: true });
  for (const name of names) {
    rmSync(`${original}/${name}`, { force: true });
    keep(`${directory}/${name}`, `${original}/${name}`);
  }
}

/** Keeps what is there before an installation, in place of what was kept before the last one. */
export function keepAsPrevious(
  { directory, previous, manifest, executable }: Layout,
  names: readonly string[],
  before: Manifest | undefined,
): void {
  const fresh = `${previous}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  for (const name of names) keep(`${directory}/${name}`, `${fresh}/${name}`);
  keep(executable, `${fresh}/.executable`);
  if (before !== undefined) {
    writeManifest(`${fresh}/${MANIFEST}`, before);
    // Until the new one is in its place, there is nothing to roll back to.
    writeManifest(manifest, { ...before, canRollBack: false });
  }
  rmSync(previous, { recursive: true, force: true });
  renameSync(fresh, previous);
}

function keep(from: string, to: string): void {
  if (isThere(from)) linkWhole(from, to);
}

/**
 * Goes back to what was there before the last installation. It may be repeated from the start when
 * it is interrupted: what it needs is removed last.
 */
export function restorePrevious(layout: Layout, { names }: Manifest): Change[] {
  const { previous, manifest, executable } = layout;
  const before = findManifest(previousManifest(layout));
  const all = new Set([...names, ...(before?.names ?? [])]);
  const changes = [...all].map((name) => restore(layout, previous, name));
  if (before === undefined) {
    rmSync(manifest, { force: true });
    return changes;
  }
  linkWhole(`${previous}/.executable`, executable);
  writeManifest(manifest, { ...before, canRollBack: false });
  rmSync(previous, { recursive: true, force: true });
  return changes;
}

/** Puts a kept file back; where none was kept, the place becomes empty. */
export function restore({ directory, executable }: Layout, folder: string, name: string): Change {
  const [place, kept] = [`${directory}/${name}`, `${folder}/${name}`];
  if (isSameFile(place, kept)) return { name, outcome: "restored" };
  // What somebody else has put there since is not ours to take away.
  if (isThere(place) && !isSameFile(place, executable)) return { name, outcome: "left alone" };
  if (isThere(kept)) {
    linkWhole(kept, place);
    return { name, outcome: "restored" };
  }
  rmSync(place, { force: true });
  return { name, outcome: "removed" };
}
