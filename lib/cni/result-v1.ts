import type { JsonObject } from "./json.ts";
import { integerMember, type Located, objectsMember, stringMember } from "./json-members.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./result.ts";
import {
  addressMember,
  cidrMember,
  documentOf,
  nonZero,
  parseDns,
  parseRoute,
  withoutEmpty,
} from "./result-parts.ts";

/**
 * Results of specification 1.0.0 and 1.1.0. Everything inside patchbay has this shape:
 *
 *     cniVersion
 *     dns?         domain? nameservers? options? search?
 *     interfaces?  [ mac? mtu? name pciID? sandbox? socketPath? ]
 *     ips?         [ address gateway? interface? ]
 *     routes?      [ advmss? dst gw? mtu? priority? scope? table? ]
 *
 * The order is alphabetical, as in what the reference prints.
 */

export function parseV1(at: Located): Result {
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
    mtu: nonZero(integerMember(at, "mtu")),
    sandbox: stringMember(at, "sandbox"),
    socketPath: stringMember(at, "socketPath"),
    pciID: stringMember(at, "pciID"),
  });
}

function parseIp(at: Located): IpConfig {
  return withoutEmpty<IpConfig>({
    address: cidrMember(at, "address"),
    gateway: addressMember(at, "gateway"),
    interface: integerMember(at, "interface"),
  });
}

export function formatV1(result: Result, cniVersion: string): JsonObject {
  const dns = formatDns(result.dns ?? {});
  return documentOf({
    cniVersion,
    dns: Object.keys(dns).length === 0 ? undefined : dns,
    interfaces: result.interfaces?.map(formatInterface),
    ips: result.ips?.map(formatIp),
    routes: result.routes?.map(formatRoute),
  });
}

function formatDns({ domain, nameservers, options, search }: Dns): JsonObject {
  return documentOf({ domain, nameservers, options, search });
}

function formatInterface({ name, mac, mtu, pciID, sandbox, socketPath }: Interface): JsonObject {
  return documentOf({ mac, mtu: nonZero(mtu), name, pciID, sandbox, socketPath });
}

function formatIp({ address, gateway, interface: index }: IpConfig): JsonObject {
  return documentOf({ address, gateway, interface: index });
}

function formatRoute({ advmss, dst, gw, mtu, priority, scope, table }: Route): JsonObject {
  return documentOf({
    advmss: nonZero(advmss),
    dst,
    gw,
    mtu: nonZero(mtu),
    priority: nonZero(priority),
    scope,
    table,
  });
}
