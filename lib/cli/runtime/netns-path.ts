import { readdirSync } from "node:fs";
import { resolve } from "node:path";

/** Where `ip netns` keeps its names (ip-netns(8)), spelled as iproute2 and most scripts do. */
const namedDirectory = "/var/run/netns";

/**
 * Understands what an operator calls a network namespace: "testing" is a name of `ip netns`, "4711"
 * a process, everything with a slash a path. It is never looked up: DEL has to mean the same
 * attachment as ADD did when the namespace is long gone.
 *
 * @returns an absolute path
 */
export function netnsPathOf(netns: string): string {
  if (netns.includes("/")) return resolve(netns);
  if (/^\d+$/.test(netns)) return `/proc/${netns}/ns/net`;
  return `${namedDirectory}/${netns}`;
}

/** @returns the names that `ip netns` knows */
export function listNetnsNames(): string[] {
  try {
    return readdirSync(namedDirectory).sort();
  } catch {
    return []; // made by the first "ip netns add"
  }
}
