import { sha512 } from "../../sys/sha512.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { quote } from "./saved-table.ts";

/**
 * What the reference suite calls its chains and writes on its rules, byte for byte: a DEL of either
 * suite finds what an ADD of the other made. The interface is part of neither.
 */

const MAX_CHAIN_NAME = 28;
const MAX_COMMENT = 255;
const ELLIPSIS = "...";

function hashedChain(prefix: string, { network, containerId }: ChainOwner): string {
  const hash = sha512(network + containerId, "hex");
  return `${prefix}${hash}`.slice(0, MAX_CHAIN_NAME);
}

export function dnatChain(owner: ChainOwner): string {
  return hashedChain("CNI-DN-", owner);
}

/** Made by releases before 0.7. */
export function historicSnatChain(owner: ChainOwner): string {
  return hashedChain("CNI-SN-", owner);
}

export function masqueradeChain(owner: ChainOwner): string {
  return hashedChain("CNI-", owner);
}

export function comment(text: string): string {
  return `-m comment --comment ${quote(text)}`;
}

export function dnatComment({ network, containerId }: ChainOwner): string {
  const text = `dnat name: "${network}" id: "${containerId}"`;
  const isLong = text.length > MAX_COMMENT;
  return comment(isLong ? text.slice(0, MAX_COMMENT + 1 - ELLIPSIS.length) + ELLIPSIS : text);
}

export function masqueradeComment({ network, containerId }: ChainOwner): string {
  return comment(`name: "${network}" id: "${containerId}"`);
}

/** What the reference suite knows of an owner. */
export type ChainOwner = Pick<RuleOwner, "network" | "containerId">;

/** @returns the names in a comment of either kind; undefined when a rule has another, or none */
export function parseComment(spec: string): Pick<RuleOwner, "network" | "containerId"> | undefined {
  const names = /--comment "(?:dnat )?name: \\"([^"\\]+)\\" id: \\"([^"\\]+)\\""/.exec(spec);
  const [, network, containerId] = names ?? [];
  return network === undefined || containerId === undefined ? undefined : { network, containerId };
}
