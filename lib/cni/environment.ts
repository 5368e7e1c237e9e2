import { CniError, ErrorCode } from "./error.ts";
import { expectContainerId, expectInterfaceName } from "./identifiers.ts";
import type { Verb } from "./plugin.ts";

/** The environment that a runtime starts a plugin in, by variable name. */
export type Variables = { readonly [name: string]: string | undefined };

/** What the variables of specification section 2 ("Parameters") say; "" for one that is not set. */
export interface Environment {
  /** Any text: an unknown verb is refused only once stdin has been read. */
  readonly verb: string;
  readonly containerId: string;
  /** Path of the container's network namespace. */
  readonly netns: string;
  readonly ifName: string;
  readonly args: string;
  /** The directories to look for delegates in, first to last. */
  readonly path: readonly string[];
  /** Whether the container's namespace may be the host's (not in the specification). */
  readonly mayShareNetns: boolean;
}

interface Variable {
  readonly name: string;
  readonly requiredBy: readonly Verb[];
  /** Run only for verbs that require the variable. */
  readonly validate?: (value: string) => void;
}

/** In the order in which they are checked. */
const variables: readonly Variable[] = [
  {
    name: "CNI_CONTAINERID",
    requiredBy: ["ADD", "CHECK", "DEL"],
    validate: expectContainerId,
  },
  { name: "CNI_NETNS", requiredBy: ["ADD", "CHECK"] },
  {
    name: "CNI_IFNAME",
    requiredBy: ["ADD", "CHECK", "DEL"],
    validate: expectInterfaceName,
  },
  { name: "CNI_PATH", requiredBy: ["ADD", "CHECK", "DEL", "GC", "STATUS"] },
];

/**
 * Reads and checks the environment. A malformed value is an error at once; what is missing is
 * collected and named in one error. Empty is missing.
 *
 * @throws {CniError} code 4
 */
export function parseEnvironment(environment: Variables): Environment {
  const read = (name: string) => environment[name] ?? "";
  const verb = read("CNI_COMMAND");
  const missing = verb === "" ? ["CNI_COMMAND"] : [];
  for (const { name, requiredBy, validate } of variables) {
    if (!requiredBy.some((requiring) => requiring === verb)) continue;
    if (read(name) === "") missing.push(name);
    else validate?.(read(name));
  }
  if (missing.length > 0) {
    const msg = `required env variables [${missing.join(",")}] missing`;
    throw new CniError(ErrorCode.invalidEnvironment, msg);
  }
  return {
    verb,
    containerId: read("CNI_CONTAINERID"),
    netns: read("CNI_NETNS"),
    ifName: read("CNI_IFNAME"),
    args: read("CNI_ARGS"),
    path: read("CNI_PATH")
      .split(":")
      .filter((directory) => directory !== ""),
    mayShareNetns: /^(1|true)$/i.test(read("CNI_NETNS_OVERRIDE")),
  };
}
