import { formatAddress } from "../ip/address.ts";
import { formatCidr, isSameCidr, subnetOf } from "../ip/cidr.ts";
import type { Link, LinkRef } from "../kernel/links.ts";
import type { Netns } from "../kernel/netns.ts";
import { type KernelRoute, leadsThrough, RT_TABLE_MAIN } from "../kernel/routes.ts";
import { CniError, ErrorCode } from "./error.ts";
import { isDefaultRoute, type Lease, type LeasedRoute } from "./lease.ts";
import type { Attachment } from "./plugin.ts";
import type { Interface, Result } from "./result.ts";

/** What CHECK demands of the kernel, for all plugins that make interfaces. */

/** @returns an error that says the node is not as ADD left it */
export function discrepancy(msg: string): CniError {
  return new CniError(ErrorCode.internal, msg);
}

export function requirePrevResult(prevResult: Result | undefined): Result {
  if (prevResult !== undefined) return prevResult;
  throw new CniError(
    ErrorCode.invalidConfig,
    "Required prevResult missing: the runtime passes the result of ADD with CHECK",
  );
}

/** @returns the entry of the container's interface in the result of ADD */
export function requireContainerInterface(
  { interfaces = [] }: Result,
  { ifName }: Attachment,
  container: Netns,
): Interface {
  const named = interfaces.filter(({ name }) => name === ifName);
  const entry = named.find(({ sandbox }) => sandbox === container.path);
  if (entry !== undefined) return entry;
  const sandboxes = named.map(({ sandbox }) => `"${sandbox ?? ""}"`).join(", ");
  throw discrepancy(
    `Sandbox in prevResult ${sandboxes || `lacks "${ifName}" and`} doesn't match configured netns: ` +
      container.path,
  );
}

/** @returns the link that an entry of a result describes */
export function expectLink(netns: Netns, entry: Interface, kind: string): Link {
  const link = netns.links.find(entry.name);
  if (link === undefined) throw discrepancy(`interface "${entry.name}" not found`);
  if (link.kind !== kind) {
    throw discrepancy(
      `interface "${entry.name}" is not a ${kind}, but ${link.kind === "" ? "a device" : link.kind}`,
    );
  }
  if (entry.mac !== undefined && entry.mac !== "" && entry.mac.toLowerCase() !== link.mac) {
    throw discrepancy(
      `interface "${entry.name}" has MAC address ${link.mac}, doesn't match prevResult: ${entry.mac}`,
    );
  }
  return link;
}

/** Every address of the lease is on the link; whatever else there is may stay. */
export function expectAddresses(netns: Netns, link: LinkRef, { ips }: Lease): void {
  const present = netns.addresses.list(link);
  for (const { cidr } of ips) {
    if (present.some((address) => isSameCidr(address.cidr, cidr))) continue;
    throw discrepancy(`Failed to match addr ${formatCidr(cidr)} on interface "${link.name}"`);
  }
}

/** Every route of the lease is in its table, of one or of several next hops. */
export function expectRoutes(netns: Netns, { routes }: Lease): void {
  for (const route of routes) {
    const { family } = route.destination.address;
    const present = netns.routes.list(family, route.table ?? RT_TABLE_MAIN);
    if (!present.some((candidate) => isExpected(candidate, route))) {
      throw discrepancy(`Expected Route ${formatExpected(route)} not found in routing table`);
    }
  }
}

/** Later plugins of a chain may send default routes elsewhere: their gateway is not compared. */
function isExpected(candidate: KernelRoute, wanted: LeasedRoute): boolean {
  if (!isSameCidr(candidate.destination, subnetOf(wanted.destination))) return false;
  if (wanted.gateway === undefined || isDefaultRoute(wanted)) return true;
  return leadsThrough(candidate, wanted.gateway);
}

function formatExpected({ destination, gateway, table }: LeasedRoute): string {
  const via = gateway === undefined ? "" : ` via ${formatAddress(gateway)}`;
  return `${formatCidr(destination)}${via}${table === undefined ? "" : ` in table ${table}`}`;
}
