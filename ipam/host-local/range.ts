import { invalidConfig } from "../../lib/cni/error.ts";
import { type Address, bitsOf, compareAddresses, formatAddress } from "../../lib/ip/address.ts";
import {
  type Cidr,
  containsAddress,
  formatCidr,
  hasHostBits,
  lastAddress,
  networkAddress,
} from "../../lib/ip/cidr.ts";

/** Addresses to give out: from `first` to `last`, both included, without the gateway. */
export interface Range {
  readonly subnet: Cidr;
  readonly first: Address;
  readonly last: Address;
  readonly gateway: Address;
}

/** A range as it is configured. */
export interface RangeConfig {
  readonly subnet?: Cidr | undefined;
  readonly rangeStart?: Address | undefined;
  readonly rangeEnd?: Address | undefined;
  readonly gateway?: Address | undefined;
}

/**
 * Fills in what is not configured: the gateway is the subnet's first address, and the range all of
 * the subnet but its own and its broadcast address.
 *
 * @throws {CniError} code 7, in the reference's words
 */
export function planRange(config: RangeConfig): Range {
  const subnet = requireSubnet(config.subnet);
  const second = { family: subnet.address.family, value: subnet.address.value + 1n };
  const range = {
    subnet,
    first: config.rangeStart ?? second,
    last: config.rangeEnd ?? lastUsable(subnet),
    gateway: config.gateway ?? second,
  };
  // A range that ends before it starts contains nothing: the reference blames the start.
  if (config.rangeStart !== undefined && !contains(range, range.first)) {
    throw notInNetwork("RangeStart", range.first, subnet);
  }
  if (config.rangeEnd !== undefined && !contains(range, range.last)) {
    throw notInNetwork("RangeEnd", range.last, subnet);
  }
  return range;
}

function requireSubnet(subnet: Cidr | undefined): Cidr {
  if (subnet === undefined) {
    throw invalidConfig('IP <nil> not v4 nor v6: a range needs a "subnet", such as "10.1.2.0/24"');
  }
  const bits = bitsOf(subnet.address.family);
  if (subnet.prefixLength > bits - 2) {
    throw invalidConfig(
      `Network ${formatCidr(subnet)} too small to allocate from: /${bits - 2} is the smallest`,
    );
  }
  if (hasHostBits(subnet)) {
    throw invalidConfig(
      `Network has host bits set. For a subnet mask of length ${subnet.prefixLength} ` +
        `the network address is ${formatAddress(networkAddress(subnet))}`,
    );
  }
  return subnet;
}

function notInNetwork(key: string, address: Address, subnet: Cidr) {
  return invalidConfig(`${key} ${formatAddress(address)} not in network ${formatCidr(subnet)}`);
}

/** The broadcast address of IPv4 is not for containers; IPv6 has none. */
function lastUsable(subnet: Cidr): Address {
  const last = lastAddress(subnet);
  return last.family === 6 ? last : { family: 4, value: last.value - 1n };
}

/** Whether `address` lies in the range; the gateway does, though it is not given out. */
export function contains({ subnet, first, last }: Range, address: Address): boolean {
  return (
    containsAddress(subnet, address) &&
    compareAddresses(address, first) >= 0 &&
    compareAddresses(address, last) <= 0
  );
}

/** Whether some address lies in both ranges. Their subnets may well overlap when they do not. */
export function rangesOverlap(a: Range, b: Range): boolean {
  return (
    a.first.family === b.first.family &&
    compareAddresses(a.first, b.last) <= 0 &&
    compareAddresses(b.first, a.last) <= 0
  );
}

/** @returns "10.1.2.1-10.1.2.254" */
export function formatRange({ first, last }: Range): string {
  return `${formatAddress(first)}-${formatAddress(last)}`;
}
