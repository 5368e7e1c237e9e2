import type { Netns } from "../../kernel/netns.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import { CommandError } from "../../sys/exec.ts";
import { MissingRulesError } from "../errors.ts";
import {
  type FamilyRequest,
  needsRouteLocalnet,
  type PortRequest,
  splitByFamily,
} from "../port-request.ts";
import { readRouteLocalnet, writeRouteLocalnet } from "../route-localnet.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { changeTable, type Place, readTable } from "./change.ts";
import { GUARD, listTurnedOn, planGuard, planGuardRemoval, planGuardTidying } from "./guard.ts";
import { dnatChain } from "./names.ts";
import { findMissing, isLast, planLastRemoval, planPorts, planRemoval } from "./ports.ts";
import { findVariants } from "./presence.ts";
import { emptyTable } from "./saved-table.ts";

/** Publishes ports by iptables, in place of what an earlier ADD of the same attachment published. */
export function applyPorts(host: Netns, owner: RuleOwner, request: PortRequest): void {
  for (const part of splitByFamily(request)) {
    const { family } = part;
    const link = needsRouteLocalnet(part, request) ? request.links[family] : undefined;
    if (family === 4) guardLoopback(host, owner, part, link);
    changeTable({ host, family, table: "nat", variant: "chosen" }, (nat) =>
      planPorts(nat, owner, part, request),
    );
    if (link !== undefined) writeRouteLocalnet(host, [link], true);
  }
}

function guardLoopback(
  host: Netns,
  owner: RuleOwner,
  part: FamilyRequest,
  name: string | undefined,
): void {
  const wasOpen = name !== undefined && readRouteLocalnet(host, name) === true;
  const link = name === undefined ? undefined : { name, wasOpen };
  if (planGuard(emptyTable, owner, part, link).length === 0) return;
  changeTable({ host, family: 4, table: "mangle", variant: "chosen" }, (mangle) =>
    planGuard(mangle, owner, part, link),
  );
}

/** Removes an attachment's published ports, whichever suite and kind of iptables made them. */
export function removePorts(host: Netns, owner: RuleOwner, nft: Nftables | undefined): void {
  const chain = dnatChain(owner);
  for (const family of [4, 6] as const) {
    for (const variant of findVariants(host, nft, { family, table: "nat", chain })) {
      const wasLast = removeChain({ host, family, table: "nat", variant }, owner);
      if (family === 4) removeGuard(host, owner, { nft, wasLast });
    }
  }
}

/** @returns whether nobody has published ports any more in this kind of iptables */
function removeChain(place: Place, owner: RuleOwner): boolean {
  let wasLast = false;
  try {
    changeTable(place, (nat) => {
      wasLast = isLast(nat, owner);
      return wasLast ? planLastRemoval(nat, owner) : planRemoval(nat, owner);
    });
  } catch (error) {
    if (!wasLast || !(error instanceof CommandError)) throw error;
    // Somebody else's rules use one of the chains that all containers share.
    changeTable(place, (nat) => planRemoval(nat, owner));
  }
  return wasLast;
}

function removeGuard(
  host: Netns,
  owner: RuleOwner,
  { nft, wasLast }: { nft: Nftables | undefined; wasLast: boolean },
): void {
  const where = { family: 4, table: "mangle", chain: GUARD } as const;
  for (const variant of findVariants(host, nft, where)) {
    const place: Place = { host, family: 4, table: "mangle", variant };
    if (wasLast) writeRouteLocalnet(host, listTurnedOn(readTable(place)), false);
    changeTable(place, (mangle) =>
      wasLast ? planGuardTidying(mangle) : planGuardRemoval(mangle, owner),
    );
  }
}

/** Removes what only we would remove: the reference suite does not guard ports. */
export function removePortGuards(
  host: Netns,
  owners: readonly RuleOwner[],
  nft: Nftables | undefined,
): void {
  for (const variant of findVariants(host, nft, { family: 4, table: "mangle", chain: GUARD })) {
    changeTable({ host, family: 4, table: "mangle", variant }, (mangle) => {
      // Attachments of one container to one network have the same comment.
      return [...new Set(owners.flatMap((owner) => planGuardRemoval(mangle, owner)))];
    });
  }
}

/**
 * CHECK: looks whether the rules of an attachment are there.
 *
 * @throws {MissingRulesError}
 */
export function expectPorts(
  host: Netns,
  owner: RuleOwner,
  request: PortRequest,
  nft: Nftables | undefined,
): void {
  const chain = dnatChain(owner);
  for (const part of splitByFamily(request)) {
    const { family } = part;
    const [variant = "chosen"] = findVariants(host, nft, { family, table: "nat", chain });
    const nat = readTable({ host, family, table: "nat", variant });
    const missing = findMissing(nat, owner, part, request);
    if (missing === undefined) continue;
    throw new MissingRulesError(`chain "${chain}", or what leads to it, lacks a rule: ${missing}`);
  }
}
