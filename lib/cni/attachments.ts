import { type CniError, invalidConfig } from "./error.ts";
import { describeJson, findMember, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** The second name is one that libcni also writes, for plugins made before the first was agreed. */
const keys = ["cni.dev/valid-attachments", "cni.dev/attachments"] as const;

/**
 * Reads which attachments of its network the runtime still knows: the input of GC (specification,
 * section 2, "GC"). No list, `null` and an empty list all occur, and all mean that none is valid.
 *
 * @returns whether this attachment is valid; without an interface, whether any of the container is
 * @throws {CniError} code 7: a list misread would cost running containers their network
 */
export function parseAttachments(
  document: JsonObject,
): (containerId: string, ifName?: string) => boolean {
  const key = keys.find((name) => findMember(document, name) !== undefined) ?? keys[0];
  const list = findMember(document, key) ?? [];
  if (!Array.isArray(list)) throw mustBe(key, "a list", list);
  const valid = new Set(
    list.flatMap((entry: JsonValue, index) => parseEntry(`${key}[${index}]`, entry)),
  );
  return (containerId, ifName) =>
    valid.has(ifName === undefined ? containerId : join(containerId, ifName));
}

/** @returns what names the attachment, and what names its container */
function parseEntry(path: string, entry: JsonValue): string[] {
  const right = 'an object such as {"containerID":"3f2a","ifname":"eth0"}';
  if (!isJsonObject(entry)) throw mustBe(path, right, entry);
  const containerId = findMember(entry, "containerID");
  const ifName = findMember(entry, "ifname");
  if (typeof containerId !== "string" || typeof ifName !== "string") {
    throw mustBe(path, right, entry);
  }
  return [join(containerId, ifName), containerId];
}

/** Neither an ID nor an interface name can contain a slash. */
function join(containerId: string, ifName: string): string {
  return `${containerId}/${ifName}`;
}

function mustBe(path: string, right: string, value: JsonValue): CniError {
  return invalidConfig(`"${path}" must be ${right}, not ${describeJson(value)}`);
}
