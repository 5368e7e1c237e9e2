import fc from "fast-check";
import { type Address, maxValue, parseAddress } from "../../lib/ip/address.ts";
import { type Cidr, parseCidr } from "../../lib/ip/cidr.ts";
import { required } from "./required.ts";

/** Arbitrary IPv4 addresses. */
export const anyIpv4: fc.Arbitrary<Address> = fc
  .bigInt({ min: 0n, max: maxValue(4) })
  .map((value) => ({ family: 4, value }));

/** Arbitrary IPv6 addresses, many with runs of zero groups: that is where their text is hard. */
export const anyIpv6: fc.Arbitrary<Address> = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }), fc.constant(0xffff)), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => ({
    family: 6,
    value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n),
  }));

export const anyAddress: fc.Arbitrary<Address> = fc.oneof(anyIpv4, anyIpv6);

/** @returns the address that `text` is, which the test knows to be one */
export function address(text: string): Address {
  return required(parseAddress(text));
}

/** @returns the CIDR that `text` is, which the test knows to be one */
export function cidr(text: string): Cidr {
  return required(parseCidr(text));
}
