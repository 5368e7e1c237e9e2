import type { Attachment } from "./plugin.ts";

/**
 * Whose a link on the host is, written on the link itself as its alias (`ip link` shows it): DEL
 * and GC find it when the container's namespace cannot be reached any more.
 */

const PREFIX = "patchbay";
/** IFALIASZ without the final zero, include/uapi/linux/if.h. */
const LONGEST_ALIAS = 255;

/** @returns undefined when the names are too long for an alias: such a link is nobody's */
export function formatOwner({ network, containerId, ifName }: Attachment): string | undefined {
  // None of the three can contain a slash: the protocol forbids it.
  const alias = [PREFIX, network, containerId, ifName].join("/");
  return Buffer.byteLength(alias) > LONGEST_ALIAS ? undefined : alias;
}

/** @returns undefined when the alias was written by somebody else */
export function parseOwner(alias: string): Attachment | undefined {
  const [prefix, network, containerId, ifName, ...rest] = alias.split("/");
  if (prefix !== PREFIX || network === undefined || containerId === undefined) return undefined;
  return ifName === undefined || rest.length > 0 ? undefined : { network, containerId, ifName };
}
