import { sha512 } from "../sys/sha512.ts";

/** Whose a rule is: one container's place on one network. */
export interface RuleOwner {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** Of the parts of a tag, in bytes; with two slashes, 127: the longest comment that nft takes. */
const LONGEST_NETWORK = 46;
const LONGEST_CONTAINER_ID = 64;
const LONGEST_IF_NAME = 15;
const HASH_DIGITS = 13;

/**
 * Names an owner in few enough bytes to be the comment of every element it owns, readable where
 * somebody looks at `nft list ruleset`: NETWORK/CONTAINER ID/INTERFACE. Two owners have the same
 * tag only when they are the same: what does not fit, or would break the text apart, ends in a
 * hash of itself after a "~", which no name can contain.
 */
export function formatTag({ network, containerId, ifName }: RuleOwner): string {
  // None of the three can contain a slash: the protocol forbids it.
  return [
    fit(network, LONGEST_NETWORK),
    fit(containerId, LONGEST_CONTAINER_ID),
    fit(ifName, LONGEST_IF_NAME),
  ].join("/");
}

function fit(text: string, longest: number): string {
  const plain = text.replaceAll(/[^\w.:@+=,-]/g, "_");
  if (plain === text && text.length <= longest) return text;
  const hash = sha512(text, "hex").slice(0, HASH_DIGITS);
  return `${plain.slice(0, longest - HASH_DIGITS - 1)}~${hash}`;
}

/** Whether what has this tag belongs to a network. */
export function isTagOfNetwork(tag: string, network: string): boolean {
  return tag.startsWith(`${fit(network, LONGEST_NETWORK)}/`);
}

/**
 * Whether an attachment of the network is still valid; without an interface, whether any of the
 * container's is.
 */
export type IsValid = (containerId: string, ifName?: string) => boolean;

/** @returns whom a tag names; undefined when it does not have the names whole, or is no tag */
export function parseTag(tag: string): RuleOwner | undefined {
  return tag.includes("~") ? undefined : splitTag(tag);
}

function splitTag(tag: string): RuleOwner | undefined {
  const [network, containerId, ifName, ...rest] = tag.split("/");
  if (network === undefined || containerId === undefined || ifName === undefined) return undefined;
  return rest.length > 0 ? undefined : { network, containerId, ifName };
}

/** Whether two tags name attachments of the same container. */
export function isSameContainer(one: string, other: string): boolean {
  const containerId = splitTag(one)?.containerId;
  return containerId !== undefined && containerId === splitTag(other)?.containerId;
}

/** @returns how an error names the owner of a tag */
export function describeTag(tag: string): string {
  const owner = splitTag(tag);
  if (owner === undefined) return `somebody who is not known ("${tag}")`;
  const { network, containerId, ifName } = owner;
  return `container "${containerId}" (interface "${ifName}", network "${network}")`;
}

/** As many as an interface name has bytes, of 6 bits each. */
const KEY_LENGTH = 15;

/** @returns a name for a tag that is short enough to be a key, and fit to be a file's name */
export function tagKey(tag: string): string {
  return sha512(tag, "base64url").slice(0, KEY_LENGTH);
}
