import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { runOk } from "../../test/support/namespace.ts";

const isRoot = process.getuid?.() === 0;

/**
 * Starts this program again where it can do as it likes: in a network and a mount namespace of its
 * own, and for those who are not root in a user namespace too. All that it makes there goes when it
 * ends, however it ends.
 *
 * @returns the exit status of the program inside
 */
export function enterOwnWorld(program: string): number {
  const user = isRoot ? [] : ["--user", "--map-root-user"];
  const { status, error } = spawnSync(
    "unshare",
    [...user, "--net", "--mount", "--propagation", "private", process.execPath, program],
    { stdio: "inherit", env: { ...process.env, PATCHBAY_DEMO_WORLD: "1" } },
  );
  if (error !== undefined) throw new Error(`Cannot run "unshare" (util-linux): ${error.message}`);
  return status ?? 1;
}

export function isOwnWorld(): boolean {
  return process.env["PATCHBAY_DEMO_WORLD"] !== undefined;
}

/** Makes it a host: files of its own where network state is kept, and forwarding, as on a node. */
export function furnishWorld(): void {
  try {
    for (const folder of ["/run", "/var/lib"]) runOk(["mount", "-t", "tmpfs", "tmpfs", folder]);
  } catch (error) {
    const hint = "users may not make namespaces here: run it as root";
    throw new Error(`${error instanceof Error ? error.message.trim() : error}\nPerhaps ${hint}`);
  }
  mkdirSync("/run/netns", { recursive: true });
  runOk(["ip", "link", "set", "lo", "up"]);
  const forward = "echo 1 | tee ipv4/ip_forward ipv6/conf/all/forwarding";
  runOk(["sh", "-e"], { stdin: `cd /proc/sys/net; ${forward}` });
}
