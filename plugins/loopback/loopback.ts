import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import type { AddRequest, CheckRequest, DelRequest, Plugin } from "../../lib/cni/plugin.ts";
import type { Result } from "../../lib/cni/result.ts";
import { type Address, type Family, formatAddress } from "../../lib/ip/address.ts";
import { type Cidr, formatCidr } from "../../lib/ip/cidr.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";

/**
 * Sets a container's own loopback interface up. There is nothing to configure, and `CNI_IFNAME`
 * says nothing: the interface is always lo.
 */
export const loopback: Plugin<unknown> = {
  parseConfig: () => undefined,
  add,
  check,
  del,
  profile: () => ({ kind: "interface", shape: { kind: "object", members: {} } }),
};

function add({ container, prevResult, undo }: AddRequest<unknown>): Result {
  const lo = container.links.get("lo");
  if (!lo.isUp) undo.push("set lo down", () => container.links.set(lo, { isUp: false }));
  container.links.set(lo, { isUp: true });

  const cidrs = container.addresses.list(lo).map(({ cidr }) => cidr);
  for (const cidr of cidrs) expectLoopback(cidr);
  return prevResult ?? describe(container, lo, cidrs);
}

function check({ container }: CheckRequest<unknown>): void {
  if (!container.links.get("lo").isUp) throw discrepancy("loopback interface is down");
}

function del({ container }: DelRequest<unknown>): void {
  container?.links.set(container.links.get("lo"), { isUp: false });
}

function expectLoopback({ address }: Cidr): void {
  if (isLoopback(address)) return;
  const text = formatAddress(address);
  const msg = `loopback interface found with non-loopback address "${text}"`;
  throw new CniError(ErrorCode.internal, msg);
}

/** 127.0.0.0/8 and ::1 (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
function isLoopback({ family, value }: Address): boolean {
  return family === 4 ? value >> 24n === 127n : value === 1n;
}

/** The reference tells of one address of each family. */
function describe({ path }: Netns, lo: Link, cidrs: readonly Cidr[]): Result {
  const firstOf = (family: Family) => cidrs.find(({ address }) => address.family === family);
  const told = [firstOf(4), firstOf(6)].filter((cidr) => cidr !== undefined);
  return {
    interfaces: [{ name: lo.name, mac: lo.mac, sandbox: path }],
    ips: told.map((cidr) => ({ address: formatCidr(cidr), interface: 0 })),
  };
}
