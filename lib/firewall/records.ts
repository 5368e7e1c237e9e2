import { existsSync } from "../sys/fs.ts";
import type { MasqueradeRequest } from "./masquerade-request.ts";
import type { PortRequest } from "./port-request.ts";
import { formatTag, type RuleOwner, tagKey } from "./rule-owner.ts";

/** What the store keeps of one attachment: who asked for what. */
export type RuleRecord = PortRecord | MasqueradeRecord;

interface RecordOf<Feature extends string> {
  readonly version: 1;
  readonly feature: Feature;
  readonly owner: RuleOwner;
  /** The path of the container's network namespace: while it is there, the container is alive. */
  readonly netns?: string;
}

export interface PortRecord extends RecordOf<"ports"> {
  readonly request: PortRequest;
  /** Of a container that has asked for the same ports on several networks; nftables only. */
  readonly sharing?: Sharing;
}

export interface Sharing {
  /** Of two that want the same port, the one with the lower number has it. */
  readonly turn: number;
  /** The tags of the container's other attachments that want some of the same ports. */
  readonly siblings: readonly string[];
}

export interface MasqueradeRecord extends RecordOf<"masquerade"> {
  readonly request: MasqueradeRequest;
}

export type RecordFeature = RuleRecord["feature"];

/** @returns the name of an attachment's record, which follows from the tag on its rules */
export function recordName(feature: RecordFeature, tag: string): string {
  return `${tagKey(tag)}.${feature}`;
}

export function recordNameOf({ feature, owner }: RuleRecord): string {
  return recordName(feature, formatTag(owner));
}

/** Whether this is a record that this version of the program wrote, and can make rules from. */
export function isRecord(value: unknown): value is RuleRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === 1 &&
    "feature" in value &&
    (value.feature === "ports" || value.feature === "masquerade") &&
    "owner" in value &&
    "request" in value
  );
}

/** Whether the container is gone, and not merely out of sight for this process. */
export function isGone({ netns }: RuleRecord): boolean {
  if (netns === undefined || existsSync(netns)) return false;
  return existsSync(netns.slice(0, netns.lastIndexOf("/")));
}

/** Whether the container may still be running, as far as anybody can tell. */
export function isAlive({ netns }: RuleRecord): boolean {
  return netns === undefined || existsSync(netns);
}
