import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { findNearMiss } from "../../cni/near-miss.ts";
import { isAlreadyThere } from "../../sys/errno.ts";
import { CliError, usageError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import { parseConflist } from "../runtime/conflist.ts";
import { listNetworkNames } from "../runtime/network.ts";
import { readExamples } from "./example-files.ts" with { type: "macro" };

/** An example network that the executable brings along. */
export interface Example {
  /** Such as "bridge". */
  readonly name: string;
  /** Such as "10-bridge.conflist": runtimes take the first file of a directory. */
  readonly fileName: string;
  readonly text: string;
}

export function listExamples(): Example[] {
  const files: Readonly<Record<string, string>> = readExamples();
  return Object.entries(files).map(([name, text]) => ({
    name,
    fileName: `10-${name}.conflist`,
    // The schema lies beside the example where it comes from, not where it goes.
    text: text.replace(/^ *"\$schema": .*\n/m, ""),
  }));
}

/** @throws {CliError} listing those that there are */
export function getExample(name: string): Example {
  const examples = listExamples();
  const found = examples.find((example) => example.name === name);
  if (found !== undefined) return found;
  const names = examples.map((example) => example.name);
  const meant = findNearMiss(name, names);
  throw usageError(
    `there is no example "${name}"`,
    meant === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${meant}"?`,
  );
}

/**
 * Writes an example into a directory of network configurations, in one step. It replaces nothing.
 *
 * @returns the file
 */
export function writeExample(directory: string, { fileName, text }: Example): string {
  const file = `${directory}/${fileName}`;
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (readIfThere(file) === text) return file;
  expectNewName(directory, text);
  const draft = `${directory}/.${fileName}-${process.pid}`;
  writeFileSync(draft, text, { mode: 0o644 });
  try {
    linkSync(draft, file);
    return file;
  } catch (error) {
    if (isAlreadyThere(error)) throw inTheWay(`${file} is there already, and different`);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function expectNewName(directory: string, text: string): void {
  const { name } = parseConflist(new TextEncoder().encode(text));
  if (!listNetworkNames(directory).includes(name)) return;
  throw inTheWay(`another file of ${directory} describes a network called "${name}" already`);
}

function inTheWay(message: string): CliError {
  return new CliError(
    ExitStatus.failure,
    message,
    "Move it out of the way, or name another directory with --conf-dir.",
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
