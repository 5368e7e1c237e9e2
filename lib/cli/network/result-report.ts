import type { JsonObject } from "../../cni/json.ts";
import { stringMember } from "../../cni/json-members.ts";
import type { Dns, Result, Route } from "../../cni/result.ts";
import { parseResult } from "../../cni/result-versions.ts";
import { currentVersion, isSpecVersion } from "../../cni/version.ts";
import { formatTable } from "../table.ts";

/** Describes the result of ADD, in any version, to people. */
export function describeResult(document: JsonObject): string {
  const version = stringMember({ object: document, path: "" }, "cniVersion") ?? "";
  const result = parseResult(document, isSpecVersion(version) ? version : currentVersion);
  return formatTable([
    ...describeInterfaces(result),
    ...(result.ips ?? []).map(({ address, gateway }) => [
      "  address",
      address,
      gateway === undefined ? "" : `gateway ${gateway}`,
    ]),
    ...(result.routes ?? []).map((route) => ["  route", route.dst, describeRoute(route)]),
    ...describeDns(result.dns ?? {}),
  ]);
}

function describeInterfaces({ interfaces = [] }: Result): string[][] {
  return interfaces.map(({ name, mac, sandbox }) => {
    const place = sandbox === undefined ? "on the host" : "in the container";
    return ["  interface", name, mac === undefined ? place : `${place}, MAC ${mac}`];
  });
}

function describeRoute({ gw, mtu, table, priority }: Route): string {
  const parts = [
    gw === undefined ? "" : `via ${gw}`,
    mtu === undefined ? "" : `MTU ${mtu}`,
    table === undefined ? "" : `table ${table}`,
    priority === undefined ? "" : `priority ${priority}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function describeDns({ nameservers = [], domain, search = [], options = [] }: Dns): string[][] {
  return [
    ...nameservers.map((server) => ["  nameserver", server]),
    ...(domain === undefined ? [] : [["  domain", domain]]),
    ...search.map((name) => ["  search", name]),
    ...options.map((option) => ["  DNS option", option]),
  ];
}
