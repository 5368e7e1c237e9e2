import { readFileSync } from "./fs.ts";

/**
 * @returns the identifier that the kernel drew when it booted, a UUID. Whatever was written under
 *   another one was written before the machine went down; clocks have no say in it.
 */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

/**
 * @returns when the machine booted, in milliseconds since the epoch by the clock as it is set now.
 *   Weaker than {@link bootId}: a clock that was set right after the boot moves the boot with it.
 */
export function bootTime(): number {
  const [uptime] = readFileSync("/proc/uptime", "latin1").split(" ");
  return Date.now() - Number(uptime) * 1000;
}
