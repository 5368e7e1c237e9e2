import type { Change, Recording } from "./recording.ts";

/** What became of one change of a file: its bytes, zeros of the same length, or nothing. */
export type Fate = "kept" | "zeros" | "lost";

/** What a power cut left of a recording. */
export interface Wreck {
  readonly what: string;
  /** How many of a name's entries reached the disk: the last of them counts. */
  readonly names: ReadonlyMap<string, number>;
  readonly files: ReadonlyMap<number, readonly Fate[]>;
}

/**
 * Everything up to a moment, and nothing after: as a file system would have it that writes in order.
 * The names, that is: of what is in the files it may have all, zeros, or nothing.
 */
export function listPrefixes(recording: Recording): Wreck[] {
  const moments = Array.from({ length: recording.order.length + 1 }, (_, moment) => moment);
  return moments.flatMap((moment) =>
    (["kept", "zeros", "lost"] as const).map((fate) => prefix(recording, moment, fate)),
  );
}

function prefix({ order, names, files }: Recording, moment: number, fate: Fate): Wreck {
  const done = order.slice(0, moment);
  const count = (isMeant: (step: Recording["order"][number]) => boolean) =>
    done.filter(isMeant).length;
  return {
    what: `the first ${moment} steps, data ${fate}`,
    names: new Map(
      [...names.keys()].map((name) => [
        name,
        count((step) => "name" in step && step.name === name),
      ]),
    ),
    files: new Map(
      [...files].map(([file, changes]) => {
        const reached = count((step) => "file" in step && step.file === file);
        return [file, changes.map((_, index): Fate => (index < reached ? fate : "lost"))];
      }),
    ),
  };
}

/**
 * Every choice of what the names led to: since nothing was synced, each may have got as far as it
 * likes, whatever the others did. What became of the data is left to chance.
 *
 * @param times how often each choice is drawn
 */
export function listReorderings(
  recording: Recording,
  { times, random }: { readonly times: number; readonly random: () => number },
): Wreck[] {
  let choices: (readonly (readonly [string, number])[])[] = [[]];
  for (const [name, entries] of recording.names) {
    const counts = Array.from({ length: entries.length + 1 }, (_, count) => count);
    choices = choices.flatMap((choice) =>
      counts.map((count) => [...choice, [name, count] as const]),
    );
  }
  return choices.flatMap((choice) =>
    Array.from({ length: times }, () => {
      const names = new Map(choice);
      const files = new Map(
        [...recording.files].map(([file, changes]) => [file, changes.map(() => draw(random))]),
      );
      return { what: describe(names, files), names, files };
    }),
  );
}

function draw(random: () => number): Fate {
  const fates: readonly Fate[] = ["kept", "kept", "zeros", "lost"];
  return fates[Math.floor(random() * fates.length)] ?? "kept";
}

function describe(names: Wreck["names"], files: Wreck["files"]): string {
  return JSON.stringify({ names: [...names], files: [...files] });
}

/** @returns what a file holds after that; undefined for one without the attribute */
export function contentOf(
  before: Buffer,
  changes: readonly Change[],
  fates: readonly Fate[],
): { readonly bytes: Buffer; readonly hasAttribute: boolean } {
  let bytes = before;
  let hasAttribute = false;
  changes.forEach((change, index) => {
    const fate = fates[index] ?? "lost";
    if (fate === "lost") return;
    if (change.kind === "attribute") hasAttribute = fate === "kept";
    else if (change.kind === "truncate") bytes = resized(bytes, change.length);
    else bytes = written(bytes, change, fate);
  });
  return { bytes, hasAttribute };
}

function resized(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([
    bytes.subarray(0, length),
    Buffer.alloc(Math.max(0, length - bytes.length)),
  ]);
}

function written(
  before: Buffer,
  { offset, bytes }: { readonly offset: number; readonly bytes: Buffer },
  fate: Fate,
): Buffer {
  const result = Buffer.from(resized(before, Math.max(before.length, offset + bytes.length)));
  (fate === "zeros" ? Buffer.alloc(bytes.length) : bytes).copy(result, offset);
  return result;
}
