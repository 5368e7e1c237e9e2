import { readFileSync } from "node:fs";
import { parseJsonObject } from "../../cni/json.ts";
import { stringMember, stringsMember } from "../../cni/json-members.ts";
import { isNotFound } from "../../sys/errno.ts";
import { writeWhole } from "./whole-file.ts";

/** What is installed in a directory. */
export interface Manifest {
  readonly version: string;
  readonly names: readonly string[];
  /** False from the moment that the first file is replaced until the last one is. */
  readonly isComplete: boolean;
  /** Whether what was there before can be brought back. */
  readonly canRollBack: boolean;
}

/** @returns undefined when nothing is installed */
export function findManifest(file: string): Manifest | undefined {
  const bytes = readIfThere(file);
  if (bytes === undefined) return undefined;
  const document = parseJsonObject(bytes);
  const at = { object: document, path: "" };
  return {
    version: stringMember(at, "version") ?? "",
    names: stringsMember(at, "names") ?? [],
    isComplete: document["isComplete"] === true,
    canRollBack: document["canRollBack"] === true,
  };
}

export function writeManifest(file: string, manifest: Manifest): void {
  writeWhole(file, `${JSON.stringify(manifest, undefined, 2)}\n`, 0o644);
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
