import { formatCidr, hostCidr } from "../../ip/cidr.ts";
import { type FamilyRequest, LOOPBACK_NETWORK } from "../port-request.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { comment, dnatComment } from "./names.ts";
import { hasRule, rulesTo, type SavedTable } from "./saved-table.ts";

/**
 * What the reference suite's layout lacks, in the table mangle, which packets pass before nat: it
 * keeps everybody but this node from 127.0.0.0/8. See `route_localnet` in ../nft/route-localnet.ts.
 */

export const GUARD = "CNI-HOSTPORT-GUARD";
const LOOPBACK = "127.0.0.0/8";
const TURNED_ON_BY_US = comment("CNI portfwd loopback guard, off before");
const WAS_ON = comment("CNI portfwd loopback guard");

/** The link that 127.0.0.0/8 is routed over from now on, and whether it was before. */
export interface OpenedLink {
  readonly name: string;
  readonly wasOpen: boolean;
}

/** @returns the lines that guard a link, and those ports that are published on 127.0.0.0/8 only */
export function planGuard(
  mangle: SavedTable,
  owner: RuleOwner,
  part: FamilyRequest,
  link: OpenedLink | undefined,
): string[] {
  const rules = [...(link === undefined ? [] : planLink(mangle, link)), ...planPorts(owner, part)];
  const missing = [...new Set(rules)].filter((spec) => !hasRule(mangle, GUARD, spec));
  if (missing.length === 0) return [];
  return [
    ...(mangle.chains.has(GUARD) ? [] : [`-N ${GUARD}`]),
    ...(rulesTo(mangle, "PREROUTING", GUARD).length > 0 ? [] : [`-A PREROUTING -j ${GUARD}`]),
    ...missing.map((spec) => `-A ${GUARD} ${spec}`),
  ];
}

function planLink(mangle: SavedTable, { name, wasOpen }: OpenedLink): string[] {
  const isGuarded = mangle.rules.some(
    ({ chain, spec }) => chain === GUARD && spec.includes(` -i ${name} `),
  );
  if (isGuarded) return [];
  const remark = wasOpen ? WAS_ON : TURNED_ON_BY_US;
  return [
    `-d ${LOOPBACK} -i ${name} ${remark} -j DROP`,
    `-s ${LOOPBACK} -i ${name} ${remark} -j DROP`,
  ];
}

/** Others than this node would reach the container, past the address it is published on. */
function planPorts(owner: RuleOwner, { mappings }: FamilyRequest): string[] {
  return mappings.flatMap(({ protocol, hostPort, hostAddress }) => {
    if (hostAddress?.family !== 4 || hostAddress.value >> 24n !== LOOPBACK_NETWORK) return [];
    const match = `-d ${formatCidr(hostCidr(hostAddress))} ! -i lo -p ${protocol}`;
    return [`${match} ${dnatComment(owner)} -m ${protocol} --dport ${hostPort} -j DROP`];
  });
}

/** @returns the lines that take away what guards an owner's own ports */
export function planGuardRemoval(mangle: SavedTable, owner: RuleOwner): string[] {
  const remark = dnatComment(owner);
  return mangle.rules
    .filter(({ chain, spec }) => chain === GUARD && spec.includes(` ${remark} `))
    .map(({ spec }) => `-D ${GUARD} ${spec}`);
}

/** @returns the lines that take the guard away, when nobody has published ports any more */
export function planGuardTidying(mangle: SavedTable): string[] {
  if (!mangle.chains.has(GUARD)) return [];
  return [
    ...rulesTo(mangle, "PREROUTING", GUARD).map(({ spec }) => `-D PREROUTING ${spec}`),
    `-F ${GUARD}`,
    `-X ${GUARD}`,
  ];
}

/** @returns the links whose setting must be turned off when nobody needs it any more */
export function listTurnedOn(mangle: SavedTable): string[] {
  const names = mangle.rules
    .filter(({ chain, spec }) => chain === GUARD && spec.includes(TURNED_ON_BY_US))
    .map(({ spec }) => / -i (\S+) /.exec(spec)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}
