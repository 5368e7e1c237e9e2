import type { JsonObject } from "./json.ts";
import { integerMember, type Located, objectsMember, stringMember } from "./json-members.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./result.ts";
import {
  addressMember,
  cidrMember,
  documentOf,
  familyOf,
  nonZero,
  parseDns,
  parseRoute,
  withoutEmpty,
} from "./result-parts.ts";

/**
 * Results of specification 0.3.0, 0.3.1 and 0.4.0, in the order that the reference prints:
 *
 *     cniVersion
 *     interfaces?  [ name mac? sandbox? ]
 *     ips?         [ version: "4" or "6"  interface? address gateway? ]
 *     routes?      [ dst gw? mtu? advmss? priority? table? scope? ]
 *     dns          {} when it says nothing
 */

export function parseV03(at: Located): Result {
  return withoutEmpty<Result>({
    interfaces: objectsMember(at, "interfaces").map(parseInterface),
    ips: objectsMember(at, "ips").map(parseIp),
    routes: objectsMember(at, "routes").map(parseRoute),
    dns: parseDns(at),
  });
}

function parseInterface(at: Located): Interface {
  return withoutEmpty<Interface>({
    name: stringMember(at, "name") ?? "",
    mac: stringMember(at, "mac"),
    sandbox: stringMember(at, "sandbox"),
  });
}

/** `version` is not read: it follows from the address. */
function parseIp(at: Located): IpConfig {
  return withoutEmpty<IpConfig>({
    address: cidrMember(at, "address"),
    gateway: addressMember(at, "gateway"),
    interface: integerMember(at, "interface"),
  });
}

export function formatV03(result: Result, cniVersion: string): JsonObject {
  return documentOf({
    cniVersion,
    interfaces: result.interfaces?.map(formatInterface),
    ips: result.ips?.map(formatIp),
    routes: result.routes?.map(formatRoute),
    dns: formatDns(result.dns ?? {}),
  });
}

function formatInterface({ name, mac, sandbox }: Interface): JsonObject {
  return documentOf({ name, mac, sandbox });
}

function formatIp({ address, gateway, interface: index }: IpConfig): JsonObject {
  const version = String(familyOf(address));
  return documentOf({ version, interface: index, address, gateway });
}

function formatRoute({ dst, gw, mtu, advmss, priority, table, scope }: Route): JsonObject {
  return documentOf({
    dst,
    gw,
    mtu: nonZero(mtu),
    advmss: nonZero(advmss),
    priority: nonZero(priority),
    table,
    scope,
  });
}

/** In the order that the reference prints before 1.0.0; 0.1.0 and 0.2.0 have the same. */
export function formatDns({ nameservers, domain, search, options }: Dns): JsonObject {
  return documentOf({ nameservers, domain, search, options });
}
