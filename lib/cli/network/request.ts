import { resolve } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../../cni/json.ts";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { abortOnSignals } from "../interruption.ts";
import { pluginPathOf } from "../plugin-path.ts";
import { parseArgumentPairs } from "../runtime/cni-args.ts";
import { defaultConfDir } from "../runtime/conf-files.ts";
import type { Conflist } from "../runtime/conflist.ts";
import { containerIdOf } from "../runtime/container-id.ts";
import { netnsPathOf } from "../runtime/netns-path.ts";
import { getNetwork, loadNetworkFile } from "../runtime/network.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RuntimeConf } from "../runtime/runtime-conf.ts";
import { watchCalls } from "./call-report.ts";
import type { NetworkOptions } from "./options.ts";

/** What the operator asked for. */
export interface NetworkRequest<Options extends NetworkOptions = NetworkOptions> {
  readonly network: string;
  readonly options: Options;
}

export interface AttachmentRequest<Options extends NetworkOptions = NetworkOptions>
  extends NetworkRequest<Options> {
  readonly netns: string;
}

export function openRuntime({ terminal }: Context, options: NetworkOptions): Runtime {
  if (!(options.timeout >= 0)) throw usageError("--timeout must be a number of seconds");
  return {
    calls: {
      path: pluginPathOf(options.cniPath),
      timeout: options.timeout * 1000,
      signal: abortOnSignals(),
      ...watchCalls(terminal.err, options),
    },
    cacheDirectory: options.cacheDir,
  };
}

/** A name cannot have a slash, so what has one is a file. */
export function loadNetwork({ network, options }: NetworkRequest): Conflist {
  return network.includes("/")
    ? loadNetworkFile(resolve(network))
    : getNetwork(options.confDir || defaultConfDir, network);
}

export function readRuntimeConf({ netns, options }: AttachmentRequest): RuntimeConf {
  const path = netnsPathOf(netns);
  return {
    containerId: options.containerId ?? containerIdOf(path),
    netns: path,
    ifName: options.ifname || "eth0",
    args: parseArgumentPairs(options.cniArgs),
    capabilityArgs: parseCapabilityArgs(options.capArgs),
  };
}

function parseCapabilityArgs(text: string): JsonObject {
  if (text === "") return {};
  const hint = `It is a JSON object such as {"portMappings":[…]}.`;
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(`CAP_ARGS is not JSON: ${error instanceof Error ? error.message : ""}`, hint);
  }
  if (value === null || isJsonObject(value)) return value ?? {};
  throw usageError("CAP_ARGS must be a JSON object", hint);
}
