import type { JsonObject } from "../../cni/json.ts";
import type { ArgumentPairs } from "./cni-args.ts";

/** What a runtime says of one attachment besides the network: libcni's term for it. */
export interface RuntimeConf {
  readonly containerId: string;
  /** The absolute path of the container's network namespace; "" when it is not known. */
  readonly netns: string;
  readonly ifName: string;
  readonly args: ArgumentPairs;
  /** By capability, such as `portMappings`; a plugin gets those that it declares. */
  readonly capabilityArgs: JsonObject;
}

/** What is said where no container is meant: GC and STATUS. */
export const noRuntimeConf: RuntimeConf = {
  containerId: "",
  netns: "",
  ifName: "",
  args: [],
  capabilityArgs: {},
};

/** @returns `conf` with what ADD was given where nothing is said now */
export function completeConf(
  conf: RuntimeConf,
  remembered: Pick<RuntimeConf, "args" | "capabilityArgs"> | undefined,
): RuntimeConf {
  const { args, capabilityArgs } = conf;
  return {
    ...conf,
    args: args.length > 0 ? args : (remembered?.args ?? []),
    capabilityArgs:
      Object.keys(capabilityArgs).length > 0 ? capabilityArgs : (remembered?.capabilityArgs ?? {}),
  };
}
