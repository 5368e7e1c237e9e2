import { isErrno, isNotFound } from "../sys/errno.ts";
import { readFileSync, writeFileSync } from "../sys/fs.ts";
import { insideNetns, type NetnsFile } from "../sys/netns.ts";

/**
 * The settings below /proc/sys/net of one namespace: what `sysctl` shows and does. A key is its
 * path there, such as "net/ipv4/ip_forward": interface names may contain dots.
 */
export class Sysctls {
  readonly #netns: NetnsFile;

  constructor(netns: NetnsFile) {
    this.#netns = netns;
  }

  /** @returns undefined when the kernel has no such setting, as without IPv6 */
  read(key: string): string | undefined {
    return insideNetns(this.#netns, () => readSysctl(key));
  }

  /**
   * Makes settings have these values, in this order. What is right already is not written, so
   * that a read-only /proc/sys is no obstacle then. Settings that the kernel does not have, as
   * without IPv6, are passed over: what they are about will fail by itself.
   *
   * @throws when a value is wrong and cannot be written
   */
  ensure(values: Readonly<Record<string, string>>): void {
    insideNetns(this.#netns, () => {
      for (const [key, value] of Object.entries(values)) {
        const current = readSysctl(key);
        if (current !== undefined && current !== value) writeFileSync(pathOf(key), value);
      }
    });
  }

  /** The same for settings that only improve things: those that cannot be written stay. */
  prefer(values: Readonly<Record<string, string>>): void {
    insideNetns(this.#netns, () => {
      for (const [key, value] of Object.entries(values)) {
        try {
          writeFileSync(pathOf(key), value);
        } catch (error) {
          if (!isNotFound(error) && !isErrno(error, "EROFS", "EACCES", "EPERM", "EINVAL")) {
            throw error;
          }
        }
      }
    });
  }
}

function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(pathOf(key), "utf8").trimEnd();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function pathOf(key: string): string {
  return `/proc/sys/${key}`;
}
