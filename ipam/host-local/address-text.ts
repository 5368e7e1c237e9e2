import { invalidConfig } from "../../lib/cni/error.ts";
import { type Address, parseAddress } from "../../lib/ip/address.ts";
import { type Cidr, parseCidr } from "../../lib/ip/cidr.ts";

/** Addresses as they stand in a configuration. `source` says where, as in "ipam.gateway". */

/** @throws {CniError} code 7, in the reference's words */
export function requireCidr(text: string, source: string): Cidr {
  return parseCidr(text) ?? refuse(`invalid CIDR address: ${text}`, source, '"10.1.2.0/24"');
}

/** @throws {CniError} code 7, in the reference's words */
export function requireAddress(text: string, source: string): Address {
  return parseAddress(text) ?? refuse(`invalid IP address: ${text}`, source, '"10.1.2.3"');
}

/** @returns undefined for "", which the reference takes for an address that is not given */
export function optionalAddress(text: string | undefined, source: string): Address | undefined {
  return text === undefined || text === "" ? undefined : requireAddress(text, source);
}

/** @returns the address of "10.1.2.3" or of "10.1.2.3/24": its prefix length says nothing here */
export function parseRequested(text: string): Address | undefined {
  return parseAddress(text) ?? parseCidr(text)?.address;
}

/** @throws {CniError} code 7 */
export function requireRequested(text: string, source: string): Address {
  const example = '"10.1.2.3" or "10.1.2.3/24"';
  return parseRequested(text) ?? refuse(`invalid IP address: ${text}`, source, example);
}

function refuse(complaint: string, source: string, example: string): never {
  throw invalidConfig(`${complaint}: "${source}" must be such as ${example}`);
}
