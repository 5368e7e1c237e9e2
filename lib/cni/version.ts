/** The versions of the specification that plugins speak, oldest first. */
export const specVersions = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

export type SpecVersion = (typeof specVersions)[number];

/** The newest; results are held in its shape and converted when they are printed. */
export const currentVersion: SpecVersion = "1.1.0";

/** What a configuration without `cniVersion` means (libcni). */
export const oldestVersion: SpecVersion = "0.1.0";

export function isSpecVersion(text: string): text is SpecVersion {
  return (specVersions as readonly string[]).includes(text);
}

/**
 * Parses a version as libcni does: one to three integers, missing ones are 0, "" is 0.1.0.
 *
 * @returns three numbers, or undefined for anything else
 */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^(\d+)(?:\.(\d+)(?:\.(\d+))?)?$/.exec(text === "" ? oldestVersion : text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/**
 * Compares two versions that {@link parseVersion} accepts.
 *
 * @throws {RangeError} when one of them is malformed
 */
export function isAtLeast(version: string, minimum: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(minimum)];
  if (a === undefined || b === undefined) throw new RangeError(`Malformed version "${version}"`);
  for (const index of [0, 1, 2] as const) {
    if (a[index] !== b[index]) return a[index] > b[index];
  }
  return true;
}
