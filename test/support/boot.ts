import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { required } from "./required.ts";

const bootIdPath = "/proc/sys/kernel/random/boot_id";

/**
 * A command line prefix that runs a program as it would be after the machine was booted anew: the
 * kernel's boot identifier is another one, and the machine is up since half a second.
 *
 * @param folder where a file may be left
 */
export function afterReboot(folder: string): readonly string[] {
  return [...withUptime(0.5), ...withBootId(folder, randomUUID())];
}

/** The same machine, in the eyes of programs that tell boots by their identifier. */
export function withBootId(folder: string, id: string): readonly string[] {
  const file = join(folder, `boot-id-${id}`);
  writeFileSync(file, `${id}\n`);
  const script = `mount --bind "${file}" ${bootIdPath} && exec "$0" "$@"`;
  return ["unshare", "--mount", "sh", "-c", script];
}

/** The machine booted that many seconds ago, by the clock: in a time namespace. */
export function withUptime(seconds: number): readonly string[] {
  const [uptime] = readFileSync("/proc/uptime", "latin1").split(" ");
  const offset = Math.floor(Number(required(uptime)) - seconds);
  return ["unshare", "--time", "--boottime", `-${offset}`, "--fork"];
}
