import { findMember, type JsonObject, type JsonValue } from "../../cni/json.ts";
import { objectMember, stringMember } from "../../cni/json-members.ts";
import type { Attachment } from "../../cni/plugin.ts";
import type { ArgumentPairs } from "./cni-args.ts";
import type { RuntimeConf } from "./runtime-conf.ts";
import { formatMembers } from "./sorted-json.ts";

/**
 * What libcni remembers of an ADD, in a file per attachment (specification, section 4, "caching").
 * The text is the same to the byte, so that either tool can go on where the other left off:
 *
 *     kind            "cniCacheV1"
 *     containerId     config (base64 of the conflist)     ifName     networkName
 *     netns?          cniArgs? [[key, value]]             capabilityArgs?
 *     result?         of the last plugin, in the network's version
 */
export interface CachedAttachment extends Attachment {
  readonly conf: RuntimeConf;
  /** The conflist as it was. */
  readonly config: Uint8Array;
  readonly result: JsonObject;
}

const kind = "cniCacheV1";

export function formatCachedAttachment(cached: CachedAttachment): string {
  const { network, containerId, ifName, conf, config, result } = cached;
  const members: readonly (readonly [string, JsonValue])[] = [
    ["kind", kind],
    ["containerId", containerId],
    ["config", Buffer.from(config).toString("base64")],
    ["ifName", ifName],
    ["networkName", network],
    ["netns", conf.netns],
    ["cniArgs", conf.args],
    ["capabilityArgs", conf.capabilityArgs],
    ["result", result],
  ];
  return formatMembers(members.filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: JsonValue): boolean {
  if (value === "") return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/**
 * @returns undefined for a document of another kind, such as the bare result of an older libcni
 * @throws {CniError} code 6 for one that is damaged
 */
export function parseCachedAttachment(document: JsonObject): CachedAttachment | undefined {
  const at = { object: document, path: "" };
  if (findMember(document, "kind") !== kind) return undefined;
  const containerId = stringMember(at, "containerId") ?? "";
  const ifName = stringMember(at, "ifName") ?? "";
  return {
    network: stringMember(at, "networkName") ?? "",
    containerId,
    ifName,
    conf: {
      containerId,
      ifName,
      netns: stringMember(at, "netns") ?? "",
      args: parsePairs(findMember(document, "cniArgs")),
      capabilityArgs: objectMember(at, "capabilityArgs")?.object ?? {},
    },
    config: Buffer.from(stringMember(at, "config") ?? "", "base64"),
    result: objectMember(at, "result")?.object ?? {},
  };
}

function parsePairs(value: JsonValue | undefined): ArgumentPairs {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: JsonValue) => {
    if (!Array.isArray(pair)) return [];
    const [key, text]: readonly JsonValue[] = pair;
    return typeof key === "string" && typeof text === "string" ? [[key, text] as const] : [];
  });
}
