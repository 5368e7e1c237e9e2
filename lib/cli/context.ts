import type { Variables } from "../cni/environment.ts";
import type { PluginEntry } from "../cni/plugin.ts";
import type { Terminal } from "./terminal.ts";

/** What the entry point, which alone knows all plugins, tells the operator's tool. */
export interface Build {
  /** Such as "1.2.3". */
  readonly version: string;
  /** The plugins of this executable. */
  readonly plugins: readonly PluginEntry[];
}

/** What every command is given. */
export interface Context {
  readonly build: Build;
  readonly terminal: Terminal;
  readonly variables: Variables;
}
