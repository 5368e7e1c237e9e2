import type { Environment } from "./environment.ts";
import type { JsonObject } from "./json.ts";
import type { Namespaces } from "./namespaces.ts";
import type { PluginEntry, Verb } from "./plugin.ts";
import type { SpecVersion } from "./version.ts";
import type { World } from "./world.ts";

/** What plugins do; VERSION is answered without them. */
export type Operation = Exclude<Verb, "VERSION">;

/** One question of a runtime to one plugin, checked and understood. */
export interface Call {
  readonly plugin: PluginEntry;
  readonly operation: Operation;
  readonly environment: Environment;
  /** Delegates get the very bytes: whatever else they say to somebody must arrive. */
  readonly stdin: Uint8Array;
  readonly document: JsonObject;
  readonly network: string;
  readonly cniVersion: SpecVersion;
  readonly namespaces: Namespaces;
  readonly world: World;
}
