import type { Plugin, PluginEntry, PluginProfile } from "../../cni/plugin.ts";
import { findMemberNode, type SourceNode, textOf } from "./source-node.ts";

/** A network as it is written, for rules to look at. */
export interface NetworkSource {
  readonly file: string;
  readonly root: SourceNode;
  /** Whether it is a conflist; otherwise a single plugin. */
  readonly isList: boolean;
  readonly name: string;
  /** The one that plugins are called with; "" when there is none. */
  readonly cniVersion: string;
  /** Those in the file, and those in files beside it. */
  readonly plugins: readonly PluginSource[];
}

export interface PluginSource {
  readonly node: SourceNode;
  readonly type: string;
  /** Undefined for a plugin that is not of this suite. */
  readonly known: KnownPlugin | undefined;
  readonly ipam: IpamSource | undefined;
}

export interface IpamSource {
  /** The member `ipam`. */
  readonly node: SourceNode;
  readonly type: string;
  readonly known: KnownPlugin | undefined;
}

/** A plugin of this executable. */
export interface KnownPlugin {
  readonly entry: PluginEntry;
  readonly plugin: Plugin<unknown>;
  readonly profile: PluginProfile;
}

/** @returns the plugin of this executable that has a name, if any */
export type FindKnown = (name: string) => KnownPlugin | undefined;

export function pluginSourceOf(node: SourceNode, findKnown: FindKnown): PluginSource {
  const type = textOf(findMemberNode(node, "type")) ?? "";
  const ipam = findMemberNode(node, "ipam");
  const ipamType = textOf(findMemberNode(ipam, "type")) ?? "";
  return {
    node,
    type,
    known: findKnown(type),
    ipam:
      ipam === undefined || ipamType === ""
        ? undefined
        : { node: ipam, type: ipamType, known: findKnown(ipamType) },
  };
}

/** @returns the place that names a plugin, or the plugin itself when none does */
export function typeNodeOf({ node }: { readonly node: SourceNode }): SourceNode {
  return findMemberNode(node, "type") ?? node;
}
