import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Pod } from "./call.ts";

/** Where plugins, programs and `ip netns` keep what is of this machine. */
const privateFolders = ["/var/lib/cni", "/run/patchbay", "/run/netns"];

/**
 * Makes the namespaces that this process was started in (network and mounts) a world of its own:
 * what plugins keep in files goes with it, whatever happens.
 */
export function settle(): void {
  for (const folder of privateFolders) {
    mkdirSync(folder, { recursive: true });
    run("mount", "-t", "tmpfs", "tmpfs", folder);
  }
  run("mount", "-t", "sysfs", "sysfs", "/sys"); // which shows the network of whoever mounts it
  run("ip", "link", "set", "lo", "up");
}

/** @returns pods without a network, each with a namespace */
export function makePods(count: number, role = "pod"): Pod[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${role}-${index}`;
    run("ip", "netns", "add", name);
    return { containerId: name, netns: `/run/netns/${name}` };
  });
}

/** @throws when the program fails */
export function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} failed: ${stderr}`);
}

/** What runs the rest of the benchmark in such namespaces. */
export const unshare = ["unshare", "--net", "--mount", "--propagation=private"] as const;
