import { parseMac } from "../ip/mac.ts";
import type { LinkRef } from "../kernel/links.ts";
import type { Netns } from "../kernel/netns.ts";
import { CniError, ErrorCode } from "./error.ts";
import { type Lease, planRoutes } from "./lease.ts";

/** How long duplicate address detection may take before ADD goes on, in milliseconds. */
const DAD_TIMEOUT = 5_000;

export interface InterfacePlan {
  readonly lease: Lease;
  /** Ask the network whether an IPv6 address is taken before using it. */
  readonly detectDuplicates: boolean;
}

/**
 * Gives a container's interface its addresses, brings it up, and adds its routes.
 *
 * The kernel announces addresses when the link comes up (`arp_notify`, `ndisc_notify`), which is
 * before anyone hears it if the other end is not there yet: see {@link announceAddresses}.
 *
 * @throws {CniError} code 999 when somebody else has one of the IPv6 addresses
 */
export function configureInterface(
  container: Netns,
  link: LinkRef,
  { lease, detectDuplicates }: InterfacePlan,
): void {
  const hasIpv6 = lease.ips.some(({ cidr }) => cidr.address.family === 6);
  container.sysctls.prefer(announcing(link.name, detectDuplicates));
  if (hasIpv6) {
    container.sysctls.ensure(enablingIpv6(link.name));
    container.sysctls.prefer({ [`net/ipv6/conf/${link.name}/keep_addr_on_down`]: "1" });
  }

  const skipDad = !detectDuplicates;
  container.addresses.add(link, ...lease.ips.map(({ cidr }) => ({ cidr, skipDad })));
  container.links.set(link, { isUp: true });
  // Waited for before the routes: as long as an address is tentative nothing is sent from it.
  if (hasIpv6 && detectDuplicates) waitForDad(container, link);
  container.routes.add(planRoutes(lease, link.index), "join");
}

function announcing(name: string, detectDuplicates: boolean): Record<string, string> {
  return {
    [`net/ipv4/conf/${name}/arp_notify`]: "1",
    [`net/ipv6/conf/${name}/ndisc_notify`]: "1",
    ...(detectDuplicates && { [`net/ipv6/conf/${name}/enhanced_dad`]: "1" }),
    [`net/ipv6/conf/${name}/accept_dad`]: detectDuplicates ? "1" : "0",
  };
}

function enablingIpv6(name: string): Record<string, string> {
  return {
    "net/ipv6/conf/lo/disable_ipv6": "0",
    [`net/ipv6/conf/${name}/disable_ipv6`]: "0",
  };
}

function waitForDad(container: Netns, link: LinkRef): void {
  const settled = container.addresses.waitUntilSettled(link, DAD_TIMEOUT);
  if (settled.some(({ isDuplicate }) => isDuplicate)) {
    throw new CniError(
      ErrorCode.internal,
      `duplicate address detection failed on "${link.name}": another host uses the address`,
    );
  }
}

/**
 * Tells the network who has the container's addresses now, so that one which somebody else had a
 * moment ago works at once.
 *
 * Setting a link's MAC address, even to what it is, makes the kernel send a gratuitous ARP and an
 * unsolicited neighbour advertisement for each address of a link with `arp_notify` and
 * `ndisc_notify` (NETDEV_CHANGEADDR in net/ipv4/devinet.c and net/ipv6/ndisc.c). It does the same
 * when the link comes up, but then the bridge port at the other end does not forward yet.
 */
export function announceAddresses(
  container: Netns,
  link: LinkRef & { readonly mac: string },
): void {
  const mac = parseMac(link.mac);
  if (mac !== undefined) container.links.set(link, { mac });
}
