import type { Netns } from "../kernel/netns.ts";
import type { Undo } from "../undo.ts";
import type { CniArgs } from "./args.ts";
import type { Shape } from "./config-shape.ts";
import type { Ipam } from "./ipam.ts";
import type { JsonObject } from "./json.ts";
import type { Result } from "./result.ts";
import type { SpecVersion } from "./version.ts";

export type Verb = "ADD" | "CHECK" | "DEL" | "GC" | "STATUS" | "VERSION";

/** One container's place on one network: the owner of everything that ADD makes. */
export interface Attachment {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** What is known of a plugin before its code is loaded: enough to answer VERSION. */
export interface PluginEntry {
  /** The name it is executed by, and `type` in a configuration. */
  readonly name: string;
  readonly versions: readonly SpecVersion[];
  load(): Plugin<unknown>;
}

/**
 * One CNI plugin. `run.ts` reads the environment and stdin, checks versions, opens namespaces on
 * first use and turns whatever is thrown into the one error that is printed; handlers do the work.
 */
export interface Plugin<Config> {
  /**
   * Turns the configuration on stdin into what the handlers work with: complete, defaulted and
   * consistent.
   *
   * @throws {CniError} code 7, naming the key, its value and what would be right
   */
  parseConfig(input: ConfigInput): Config;
  /** A failing ADD leaves nothing: each deed is followed by `undo.push`. */
  add(request: AddRequest<Config>): Result;
  /** Throws what differs from the result of ADD; changes nothing. */
  check(request: CheckRequest<Config>): void;
  /** Succeeds when all is gone already, with the namespace gone, and without a previous result. */
  del(request: DelRequest<Config>): void;
  /** Removes what this network owns for attachments that are not in `isValid`. */
  gc?(request: GcRequest<Config>): void;
  /** Throws code 50 or 51 when an ADD would fail. */
  status?(request: Request<Config>): void;
  /** For those who look at a configuration without running it. */
  profile(): PluginProfile;
}

/** What can be said of a plugin's place in a network. */
export interface PluginProfile {
  /** An interface plugin makes one, a chained plugin works on that of a plugin before it. */
  readonly kind: "interface" | "chained" | "ipam";
  /** The keys that its configuration may have; those of `runtimeConfig` are its capabilities. */
  readonly shape: Shape;
  /** The capability without which it has nothing to do. */
  readonly needs?: string;
}

/** What a configuration is parsed from. */
export interface ConfigInput {
  readonly verb: Verb;
  /** stdin, parsed; keys as they were written. */
  readonly document: JsonObject;
  readonly network: string;
  readonly cniVersion: SpecVersion;
  /** `CNI_ARGS`, not yet parsed: each plugin knows which keys it takes. */
  readonly args: CniArgs;
}

export interface Request<Config> {
  readonly config: Config;
  readonly network: string;
  readonly cniVersion: SpecVersion;
  /** The namespace that the plugin was started in. */
  readonly host: Netns;
  /** The IPAM plugin that `ipam.type` names; without a type, one that grants nothing. */
  readonly ipam: Ipam;
}

export interface AddRequest<Config> extends Request<Config> {
  readonly attachment: Attachment;
  readonly container: Netns;
  readonly prevResult: Result | undefined;
  /** Undone by the runner when the handler throws, and also when the result cannot be printed. */
  readonly undo: Undo;
}

export interface CheckRequest<Config> extends Request<Config> {
  readonly attachment: Attachment;
  readonly container: Netns;
  readonly prevResult: Result | undefined;
}

export interface DelRequest<Config> extends Request<Config> {
  readonly attachment: Attachment;
  /** Undefined when `CNI_NETNS` is empty, gone, or no longer a namespace. */
  readonly container: Netns | undefined;
  readonly prevResult: Result | undefined;
}

export interface GcRequest<Config> extends Request<Config> {
  /**
   * Whether the runtime still knows this attachment of the network; without an interface, whether
   * it knows any of the container's, for what does not say which one it belongs to.
   */
  isValid(containerId: string, ifName?: string): boolean;
}
