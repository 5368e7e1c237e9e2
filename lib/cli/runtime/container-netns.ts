import { findNearMiss } from "../../cni/near-miss.ts";
import { Netns } from "../../kernel/netns.ts";
import { configurationError } from "../cli-error.ts";
import { listNetnsNames, netnsPathOf } from "./netns-path.ts";

/**
 * Whether a container has an interface of this name.
 *
 * @param path of the container's network namespace
 * @throws {CliError} when there is none
 */
export function hasInterface(path: string, ifName: string): boolean {
  const netns = open(path);
  try {
    return netns.links.find(ifName) !== undefined;
  } finally {
    netns.close();
  }
}

function open(path: string): Netns {
  try {
    return Netns.open(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw configurationError(`no network namespace at ${path}: ${reason}`, hintFor(path));
  }
}

function hintFor(path: string): string | undefined {
  const directory = netnsPathOf("");
  if (!path.startsWith(directory)) return undefined;
  const name = path.slice(directory.length);
  const meant = findNearMiss(name, listNetnsNames());
  return meant === undefined ? `"ip netns add ${name}" makes one.` : `Did you mean "${meant}"?`;
}
