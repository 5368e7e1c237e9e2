import type { Netns } from "../kernel/netns.ts";
import { isNotFound } from "../sys/errno.ts";

/**
 * `route_localnet`, a setting of a link. Without it, the kernel sends nothing from 127.0.0.1 over
 * the link, so that this node could not reach a container's port by that address. With it, whoever
 * is behind the link could reach what listens on 127.0.0.1 of this node: therefore a guard that
 * drops all packets of 127.0.0.0/8 arriving over the link is there before the setting is on, and
 * goes after it is off.
 */

function keyOf(link: string): string {
  return `net/ipv4/conf/${link}/route_localnet`;
}

/** Whether it is on; undefined when there is no such link. */
export function readRouteLocalnet(host: Netns, link: string): boolean | undefined {
  const value = host.sysctls.read(keyOf(link));
  return value === undefined ? undefined : value !== "0";
}

/** Links that are gone in the meantime are passed over: the setting went with them. */
export function writeRouteLocalnet(host: Netns, links: readonly string[], isOn: boolean): void {
  for (const link of links) {
    try {
      host.sysctls.ensure({ [keyOf(link)]: isOn ? "1" : "0" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
