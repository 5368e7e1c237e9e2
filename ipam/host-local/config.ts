import { invalidArgs, parseArgs } from "../../lib/cni/args.ts";
import { parseConfig } from "../../lib/cni/config.ts";
import { CniError, invalidConfig } from "../../lib/cni/error.ts";
import type { ConfigInput } from "../../lib/cni/plugin.ts";
import type { Route } from "../../lib/cni/result.ts";
import { withoutEmpty } from "../../lib/cni/result-parts.ts";
import { isAtLeast, type SpecVersion } from "../../lib/cni/version.ts";
import { type Address, formatAddress } from "../../lib/ip/address.ts";
import { containsAddress, formatCidr } from "../../lib/ip/cidr.ts";
import { writeStderr } from "../../lib/sys/stdio.ts";
import { optionalAddress, parseRequested, requireCidr, requireRequested } from "./address-text.ts";
import type { Range, RangeConfig } from "./range.ts";
import { familyOf, planRangeSet, type RangeSet, refuseOverlaps } from "./range-set.ts";
import { hostLocalShape, removalShape } from "./schema.ts" with { type: "macro" };
import type { HostLocalDocument } from "./schema.ts";
import { cleanPath, type StoreLocation } from "./store-location.ts";

/** What host-local does, complete and consistent. */
export interface HostLocalConfig extends StoreLocation {
  /** An attachment gets an address out of each. A set's index is the number of its counter. */
  readonly rangeSets: readonly RangeSet[];
  /** Addresses to reserve instead of the next free ones. */
  readonly requested: readonly Address[];
  /** Passed on in the result. */
  readonly routes: readonly Route[];
  /** The resolv.conf(5) to pass on in the result; "" for none. */
  readonly resolvConf: string;
}

const defaultDataDir = "/var/lib/cni/networks";

/** @throws {CniError} code 7, or 4 for CNI_ARGS, in the reference's words */
export function parseHostLocalConfig(input: ConfigInput): HostLocalConfig {
  if (input.verb === "DEL" || input.verb === "GC") return parseForRemoval(input);
  const document = parseConfig(hostLocalShape(), input.document);
  const ipam = requireIpam(document.ipam);
  return {
    dataDir: cleanPath(ipam.dataDir || defaultDataDir),
    network: input.network,
    rangeSets: parseRangeSets(document, input),
    requested: readRequested(document, input),
    routes: ipam.routes.map(readRoute),
    resolvConf: ipam.resolvConf ?? "",
  };
}

/** A configuration that got broken since ADD must not keep addresses from being released. */
function parseForRemoval({ document, network }: ConfigInput): HostLocalConfig {
  const { dataDir } = requireIpam(parseConfig(removalShape(), document).ipam);
  return {
    dataDir: cleanPath(dataDir || defaultDataDir),
    network,
    rangeSets: [],
    requested: [],
    routes: [],
    resolvConf: "",
  };
}

function requireIpam<T>(ipam: T | undefined): T {
  if (ipam !== undefined) return ipam;
  throw invalidConfig(
    `IPAM config missing 'ipam' key: it must be an object such as {"type":"host-local"}`,
  );
}

/** The reference's order: what the runtime passes, the one range of old, the list. */
function parseRangeSets(
  document: HostLocalDocument,
  { verb, cniVersion }: ConfigInput,
): RangeSet[] {
  const { ipam, runtimeConfig } = document;
  const configs = [
    ...readRangeSets(runtimeConfig?.ipRanges, "runtimeConfig.ipRanges"),
    ...(ipam?.subnet === undefined ? [] : [[readRange(ipam, "ipam")]]),
    ...readRangeSets(ipam?.ranges, "ipam.ranges"),
  ];
  // The runtime does not tell STATUS of the ranges that it passes with ADD.
  if (configs.length === 0 && verb !== "STATUS") throw invalidConfig("no IP ranges specified");
  const sets = configs.map(planNumberedSet);
  refuseSecondOfFamily(sets, cniVersion);
  refuseOverlaps(sets);
  if (verb === "ADD") for (const range of sets.flat()) warnOfGateway(range);
  return sets;
}

/** The reference takes it without a word, and some networks are meant like that. */
function warnOfGateway({ gateway, subnet }: Range): void {
  if (containsAddress(subnet, gateway)) return;
  const [address, network] = [formatAddress(gateway), formatCidr(subnet)];
  writeStderr(`warning: gateway ${address} is not in network ${network}: add a route to it\n`);
}

type RangeText = NonNullable<HostLocalDocument["ipam"]>["ranges"][number][number];

function readRangeSets(sets: readonly (readonly RangeText[])[] = [], path: string) {
  return sets.map((set, index) =>
    set.map((each, place) => readRange(each, `${path}[${index}][${place}]`)),
  );
}

function readRange(
  { subnet, rangeStart, rangeEnd, gateway }: RangeText,
  path: string,
): RangeConfig {
  return {
    subnet: subnet === undefined ? undefined : requireCidr(subnet, `${path}.subnet`),
    rangeStart: optionalAddress(rangeStart, `${path}.rangeStart`),
    rangeEnd: optionalAddress(rangeEnd, `${path}.rangeEnd`),
    gateway: optionalAddress(gateway, `${path}.gateway`),
  };
}

function planNumberedSet(ranges: readonly RangeConfig[], index: number): RangeSet {
  try {
    return planRangeSet(ranges);
  } catch (error) {
    if (error instanceof CniError) throw invalidConfig(`invalid range set ${index}: ${error.msg}`);
    throw error;
  }
}

/** Results before 0.3.0 have room for one address of each family. */
function refuseSecondOfFamily(sets: readonly RangeSet[], cniVersion: SpecVersion): void {
  const families = sets.map(familyOf);
  if (new Set(families).size === families.length || isAtLeast(cniVersion, "0.3.0")) return;
  throw invalidConfig(`CNI version ${cniVersion} does not support more than 1 address per family`);
}

/** All sources add up, in the reference's order. */
function readRequested({ args, runtimeConfig }: HostLocalDocument, input: ConfigInput): Address[] {
  const read = (source: string) => (text: string, index: number) =>
    requireRequested(text, `${source}[${index}]`);
  return [
    ...readArgs(input),
    ...(args?.cni?.ips ?? []).map(read("args.cni.ips")),
    ...(runtimeConfig?.ips ?? []).map(read("runtimeConfig.ips")),
  ];
}

function readArgs({ args }: ConfigInput): Address[] {
  const { IP = "" } = parseArgs(args, ["IP"]);
  if (IP === "") return [];
  const address = parseRequested(IP);
  if (address !== undefined) return [address];
  throw invalidArgs(`ARGS: error parsing value of pair "IP=${IP}"`, "it must be an IP address");
}

type RouteText = NonNullable<HostLocalDocument["ipam"]>["routes"][number];

function readRoute({ dst, gw, ...others }: RouteText, index: number): Route {
  const gateway = optionalAddress(gw, `ipam.routes[${index}].gw`);
  return withoutEmpty<Route>({
    dst: formatCidr(requireCidr(dst, `ipam.routes[${index}].dst`)),
    gw: gateway && formatAddress(gateway),
    ...others,
  });
}
