import { parseCidr } from "../ip/cidr.ts";
import type { Netns } from "../kernel/netns.ts";
import { writeStderr } from "../sys/stdio.ts";
import { attemptAll } from "../undo.ts";
import { chooseBackend, type Engine, engineOf, requireNftables } from "./engine.ts";
import { MissingRulesError, PortTakenError } from "./errors.ts";
import { forgetFlowsOfOthers, forgetFlowsTo } from "./flows.ts";
import * as iptables from "./iptables/rules.ts";
import { expectHolding } from "./nft/expectation.ts";
import { ClaimRefusedError } from "./nft/holding.ts";
import { portsFeature } from "./nft/layout.ts";
import { describeHostPort, isPublishedOn, planPorts } from "./nft/ports.ts";
import { hasHolding } from "./nft/presence.ts";
import { hasReferencePorts, removeReferencePorts } from "./nft/reference-rules.ts";
import * as nftables from "./nft/ruleset.ts";
import type { PortRequest } from "./port-request.ts";
import type { PortRecord } from "./records.ts";
import { describeTag, formatTag, type IsValid, type RuleOwner } from "./rule-owner.ts";
import type { Backend } from "./store.ts";

export type { PortMapping, PortRequest } from "./port-request.ts";

/** Published ports: ports of the host that lead to ports of a container. */

export interface PublishedPorts {
  readonly owner: RuleOwner;
  readonly request: Omit<PortRequest, "links">;
  /** The path of the container's network namespace, by which `patchbay reload` knows it alive. */
  readonly netns?: string;
  /** Who makes the rules; nftables, where the kernel has it, if not given. */
  readonly backend?: Backend;
}

/**
 * Publishes ports of an attachment, in place of what an earlier ADD of it published.
 *
 * @throws {PortTakenError} when another attachment has one of the host's ports
 * @throws {UnusableBackendError}
 */
export function publishPorts(host: Netns, ports: PublishedPorts): void {
  const { addresses } = ports.request;
  if (addresses.length === 0) {
    const whose = describeTag(formatTag(ports.owner));
    writeStderr(`patchbay: the ports of ${whose} lead nowhere: it has no address\n`);
    return;
  }
  const record = recordOf(host, ports);
  const engine = engineOf(host);
  if (chooseBackend(engine, ports.backend) === "nftables") publishByNftables(engine, record);
  else iptables.applyRecord(engine.iptables, record);
  forgetFlowsOfOthers(host, record.request, (address, port) => {
    return engine.nftables !== undefined && isPublishedOn(engine.nftables.nft, address, port);
  });
}

function publishByNftables(engine: Engine, record: PortRecord): void {
  try {
    nftables.applyRecord(requireNftables(engine), record);
  } catch (error) {
    if (!(error instanceof ClaimRefusedError)) throw error;
    throw new PortTakenError(describeHostPort(error.claim), error.tag, { cause: error });
  }
}

function recordOf(host: Netns, { owner, netns, request }: PublishedPorts): PortRecord {
  return {
    version: 1,
    feature: "ports",
    owner,
    ...(netns !== undefined && { netns }),
    request: { ...request, links: findLinks(host, request.addresses) },
  };
}

/** The links of the host that lead to the container, by family. */
function findLinks(host: Netns, addresses: readonly string[]): PortRequest["links"] {
  const links: { 4?: string; 6?: string } = {};
  for (const address of addresses) {
    const cidr = parseCidr(address);
    if (cidr === undefined) continue;
    const hop = host.routes.find(cidr.address)?.nextHops[0];
    const link = hop && host.links.find(hop.linkIndex);
    if (link !== undefined) links[cidr.address.family] = link.name;
  }
  return links;
}

/**
 * Removes what an attachment has published, whichever suite published it by whichever backend. Fine
 * when it has nothing.
 *
 * @param addresses of the attachment, CIDRs, if they are known
 */
export function unpublishPorts(host: Netns, owner: RuleOwner, addresses?: readonly string[]): void {
  const { nftables: ruleset, iptables: tables } = engineOf(host);
  const left: string[] = [];
  attemptAll(
    () => {
      if (ruleset === undefined) return;
      left.push(...nftables.withdraw(ruleset, portsFeature, formatTag(owner)));
      if (removeReferencePorts(ruleset.nft, owner, addresses)) left.push(...(addresses ?? []));
    },
    () => left.push(...iptables.withdraw(tables, "ports", owner, addresses)),
    () => forgetFlowsTo(host, left),
  );
}

/**
 * CHECK: looks whether all rules are there, whichever suite made them by whichever backend.
 *
 * @throws {MissingRulesError}
 */
export function expectPorts(host: Netns, ports: Omit<PublishedPorts, "backend">): void {
  const record = recordOf(host, ports);
  const { owner, request } = record;
  const engine = engineOf(host);
  const nft = engine.nftables?.nft;
  const tag = formatTag(owner);
  if (nft !== undefined && hasHolding(nft, portsFeature, tag)) {
    expectHolding(nft, planPorts(tag, request));
  } else if (iptables.hasRules(engine.iptables, "ports", owner)) {
    iptables.expectRecord(engine.iptables, record);
  } else if (nft === undefined || !hasReferencePorts(nft, owner, request)) {
    throw new MissingRulesError(`the ports of ${describeTag(tag)} are not published`);
  }
}

/** GC: removes what a network's attachments that are not valid any more have published. */
export function prunePorts(host: Netns, network: string, isValid: IsValid): void {
  const { nftables: ruleset, iptables: tables } = engineOf(host);
  const left: string[] = [];
  attemptAll(
    () => {
      if (ruleset === undefined) return;
      left.push(...nftables.pruneNetwork(ruleset, portsFeature, network, isValid));
    },
    () => left.push(...iptables.pruneNetwork(tables, "ports", network, isValid)),
    () => forgetFlowsTo(host, left),
  );
}
