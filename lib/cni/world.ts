import type { Netns } from "../kernel/netns.ts";
import type { Execution, Finished } from "../sys/exec.ts";
import type { Variables } from "./environment.ts";
import type { PluginEntry } from "./plugin.ts";

/**
 * All that a plugin meets outside of itself. The entry point gives it the real one; whoever wants
 * to see what a plugin says to a runtime gives it another.
 */
export interface World {
  readonly variables: Variables;
  /** Of this build, such as "v1.2.3". */
  readonly buildVersion: string;
  /** Reads all of stdin, or one byte more than `limit`. */
  readStdin(limit: number): Uint8Array;
  /** Writes all of the text, or throws. */
  writeStdout(text: string): void;
  /** Writes on stdout what nothing depends on, in the least time. */
  print(text: string): void;
  /** The log. Never fails. */
  writeStderr(text: string): void;
  /** The plugin of this executable that has this name. */
  findPlugin(name: string): PluginEntry | undefined;
  isOwnExecutable(file: string): boolean;
  /** @throws {SyscallError} when it cannot be started */
  execute(file: string, execution: Execution): Finished;
  /** Whether `path` is the namespace that this process was started in. */
  isOwnNetns(path: string): boolean;
  ownNetns(): Netns;
  /** @throws when there is no namespace at `path` */
  openNetns(path: string): Netns;
}
