import { type Family, formatAddress, parseAddress } from "../ip/address.ts";
import { formatCidr, parseCidr } from "../ip/cidr.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import {
  integerMember,
  type Located,
  mustBe,
  objectMember,
  stringMember,
  stringsMember,
} from "./json-members.ts";
import type { Dns, Route } from "./result.ts";

/** The parts of a result that more than one version of the specification has. */

/** The members of T, where those that T may lack may also be undefined. */
type Loose<T> = { readonly [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] };

/**
 * Drops members that are undefined, "", or an empty list, which no result shows. 0 is kept: an
 * interface has index 0, a route the global scope.
 */
export function withoutEmpty<T extends object>(members: Loose<T>): T {
  return Object.fromEntries(Object.entries(members).filter(isPresent)) as T;
}

function isPresent([, value]: [string, unknown]): boolean {
  return value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
}

/** The same for a part of a document; members keep their order. */
export function documentOf(members: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(isPresent)) as JsonObject;
}

/** @returns undefined for 0: numbers that the reference leaves out when they are 0 */
export function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

/** @returns a CIDR in canonical form, host bits kept */
export function cidrMember(at: Located, key: string): string {
  const text = stringMember(at, key);
  const cidr = text === undefined ? undefined : parseCidr(text);
  if (cidr === undefined) throw mustBe(at, key, 'a CIDR such as "10.1.2.3/24"', text);
  return formatCidr(cidr);
}

/** @returns an address in canonical form; undefined when it is absent or "" */
export function addressMember(at: Located, key: string): string | undefined {
  const text = stringMember(at, key);
  if (text === undefined || text === "") return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw mustBe(at, key, 'an IP address such as "10.1.2.3"', text);
  return formatAddress(address);
}

/** @throws {RangeError} when a plugin made a result with something that is no CIDR */
export function familyOf(cidr: string): Family {
  const parsed = parseCidr(cidr);
  if (parsed === undefined) throw new RangeError(`"${cidr}" in a result is no CIDR`);
  return parsed.address.family;
}

export function parseRoute(at: Located): Route {
  return withoutEmpty<Route>({
    dst: cidrMember(at, "dst"),
    gw: addressMember(at, "gw"),
    mtu: nonZero(integerMember(at, "mtu")),
    advmss: nonZero(integerMember(at, "advmss")),
    priority: nonZero(integerMember(at, "priority")),
    table: integerMember(at, "table"),
    scope: integerMember(at, "scope"),
  });
}

/** @returns undefined when there is none, or none of its members says anything */
export function parseDns(at: Located): Dns | undefined {
  const dns = objectMember(at, "dns");
  if (dns === undefined) return undefined;
  const parsed = withoutEmpty<Dns>({
    nameservers: stringsMember(dns, "nameservers"),
    domain: stringMember(dns, "domain"),
    search: stringsMember(dns, "search"),
    options: stringsMember(dns, "options"),
  });
  return Object.keys(parsed).length === 0 ? undefined : parsed;
}
