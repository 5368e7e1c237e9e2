import { type Address, formatAddress, parseAddress } from "../ip/address.ts";
import { type Cidr, formatCidr, isSameCidr, parseCidr } from "../ip/cidr.ts";
import type { Route as KernelRoute } from "../kernel/routes.ts";
import { CniError, ErrorCode } from "./error.ts";
import type { IpConfig, Result, Route } from "./result.ts";

/** What IPAM granted, as values instead of text. */
export interface Lease {
  readonly ips: readonly LeasedIp[];
  readonly routes: readonly LeasedRoute[];
}

export interface LeasedIp {
  readonly cidr: Cidr;
  readonly gateway: Address | undefined;
}

export interface LeasedRoute extends Omit<Route, "dst" | "gw"> {
  readonly destination: Cidr;
  readonly gateway: Address | undefined;
}

/**
 * Reads the addresses and routes of an IPAM plugin's result, or of a previous one.
 *
 * @throws {CniError} code 6, naming what is no address
 */
export function parseLease({ ips = [], routes = [] }: Result): Lease {
  return { ips: ips.map(parseIp), routes: routes.map(parseRoute) };
}

function parseIp({ address, gateway }: IpConfig): LeasedIp {
  return { cidr: requireCidr(address), gateway: optionalAddress(gateway) };
}

function parseRoute({ dst, gw, ...rest }: Route): LeasedRoute {
  return { ...rest, destination: requireCidr(dst), gateway: optionalAddress(gw) };
}

function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  throw new CniError(ErrorCode.decoding, `invalid CIDR address: ${text}`);
}

function optionalAddress(text: string | undefined): Address | undefined {
  if (text === undefined || text === "") return undefined;
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new CniError(ErrorCode.decoding, `invalid IP address: ${text}`);
}

export function isDefaultRoute({ destination }: Pick<LeasedRoute, "destination">): boolean {
  return destination.prefixLength === 0;
}

/**
 * Plans the routes of a container: a route without a gateway goes through the first gateway of its
 * family, if there is one. Routes that are the same after that are made once.
 */
export function planRoutes({ ips, routes }: Lease, linkIndex: number): KernelRoute[] {
  const planned = routes.map(({ gateway: own, ...route }): KernelRoute => {
    const { family } = route.destination.address;
    const first = ips.find(({ gateway }) => gateway?.family === family)?.gateway;
    const gateway = own ?? first;
    return { ...route, linkIndex, ...(gateway && { gateway }) };
  });
  return planned.filter(
    (route, index) => !planned.slice(0, index).some((other) => isSameRoute(route, other)),
  );
}

function isSameRoute(a: KernelRoute, b: KernelRoute): boolean {
  return (
    isSameCidr(a.destination, b.destination) &&
    a.gateway?.value === b.gateway?.value &&
    (a.table ?? 0) === (b.table ?? 0) &&
    (a.priority ?? 0) === (b.priority ?? 0)
  );
}

/** @returns a lease in the words of a CNI result; every IP belongs to interface `index` */
export function describeLease(
  { ips, routes }: Lease,
  index: number,
): Pick<Result, "ips" | "routes"> {
  return { ips: ips.map((ip) => describeIp(ip, index)), routes: routes.map(describeRoute) };
}

function describeIp({ cidr, gateway }: LeasedIp, index: number): IpConfig {
  const address = formatCidr(cidr);
  return { address, interface: index, ...(gateway && { gateway: formatAddress(gateway) }) };
}

function describeRoute({ destination, gateway, ...rest }: LeasedRoute): Route {
  return { dst: formatCidr(destination), ...(gateway && { gw: formatAddress(gateway) }), ...rest };
}
