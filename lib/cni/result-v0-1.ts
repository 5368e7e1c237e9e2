import type { Family } from "../ip/address.ts";
import { CniError, ErrorCode } from "./error.ts";
import type { JsonObject } from "./json.ts";
import { type Located, objectMember, objectsMember } from "./json-members.ts";
import type { IpConfig, Result, Route } from "./result.ts";
import {
  addressMember,
  cidrMember,
  documentOf,
  familyOf,
  parseDns,
  parseRoute,
  withoutEmpty,
} from "./result-parts.ts";
import { formatDns } from "./result-v0-3.ts";

/**
 * Results of specification 0.1.0 and 0.2.0, in the order that the reference prints. They know no
 * interfaces, and one address of each family:
 *
 *     cniVersion
 *     ip4?  ip gateway? routes?: [ dst gw? ]
 *     ip6?  the same
 *     dns   {} when it says nothing
 */

export function parseV01(at: Located): Result {
  const families = [objectMember(at, "ip4"), objectMember(at, "ip6")];
  const present = families.filter((family) => family !== undefined);
  return withoutEmpty<Result>({
    ips: present.map(parseIp),
    routes: present.flatMap((family) => objectsMember(family, "routes").map(parseRoute)),
    dns: parseDns(at),
  });
}

function parseIp(at: Located): IpConfig {
  return withoutEmpty<IpConfig>({
    address: cidrMember(at, "ip"),
    gateway: addressMember(at, "gateway"),
  });
}

/** @throws {CniError} code 1 when there is no address: these versions cannot say that */
export function formatV01(result: Result, cniVersion: string): JsonObject {
  const [ip4, ip6] = [formatFamily(4, result), formatFamily(6, result)];
  if (ip4 === undefined && ip6 === undefined) {
    // Word for word: who drives the reference compares all of it.
    throw new CniError(ErrorCode.incompatibleVersion, "cannot convert: no valid IP addresses");
  }
  return documentOf({ cniVersion, ip4, ip6, dns: formatDns(result.dns ?? {}) });
}

/** The first address of a family, with all routes of that family. */
function formatFamily(family: Family, { ips = [], routes = [] }: Result): JsonObject | undefined {
  const first = ips.find(({ address }) => familyOf(address) === family);
  if (first === undefined) return undefined;
  const own = routes.filter(({ dst }) => familyOf(dst) === family);
  const { address: ip, gateway } = first;
  return documentOf({ ip, gateway, routes: own.map(formatRoute) });
}

function formatRoute({ dst, gw }: Route): JsonObject {
  return documentOf({ dst, gw });
}
