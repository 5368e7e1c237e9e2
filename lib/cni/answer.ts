import type { Call, Operation } from "./call.ts";
import type { CallLog } from "./call-log.ts";
import { dispatch } from "./dispatch.ts";
import { parseEnvironment } from "./environment.ts";
import { CniError, ErrorCode } from "./error.ts";
import { reportFailure, toCniError } from "./failure.ts";
import { formatJson, type JsonObject, parseJson } from "./json.ts";
import { Namespaces } from "./namespaces.ts";
import { parseNetwork } from "./network.ts";
import type { PluginEntry } from "./plugin.ts";
import { formatResult } from "./result-versions.ts";
import { currentVersion, isSpecVersion, type SpecVersion } from "./version.ts";
import { expectVersion } from "./version-gate.ts";
import type { World } from "./world.ts";

/**
 * Does what a runtime asks for: reads the environment and stdin, calls the plugin, and prints
 * either its result or the one error. The order of the checks is the reference's.
 *
 * @returns the exit status
 */
export function answer(plugin: PluginEntry, world: World): number {
  let errorVersion: SpecVersion = currentVersion;
  let log = openLog(plugin, world, {});
  try {
    const environment = parseEnvironment(world.variables);
    const stdin = readInput(world);
    const document = parseJson(stdin);
    log ??= openLog(plugin, world, document);
    const { name, cniVersion } = parseNetwork(document);
    if (isSpecVersion(cniVersion)) errorVersion = cniVersion;
    const operation = parseOperation(environment.verb);
    const call = {
      plugin,
      operation,
      environment,
      stdin,
      document,
      network: name,
      cniVersion: expectVersion(operation, cniVersion, plugin.versions),
      namespaces: new Namespaces(world, environment.netns),
      world,
    };
    answerCall(log?.watch(call) ?? call);
    log?.end();
    return 0;
  } catch (error) {
    log?.end(error);
    return reportFailure(error, errorVersion, world);
  }
}

/** Who does not log pays for no more than these two questions. */
function openLog(plugin: PluginEntry, world: World, document: JsonObject): CallLog | undefined {
  if (!world.variables["PATCHBAY_LOG"] && document["log"] === undefined) return undefined;
  const { openCallLog }: typeof import("./call-log.ts") = require("./call-log.ts");
  return openCallLog(plugin, world, document);
}

/** Far more than any network configuration: a runtime that sends this much is broken. */
const longestInput = 16 * 1024 * 1024;

function readInput(world: World): Uint8Array {
  const stdin = readAll(world);
  if (stdin.length <= longestInput) return stdin;
  const msg = `error unmarshall network config: it is longer than ${longestInput} bytes`;
  throw new CniError(ErrorCode.decoding, msg);
}

function readAll(world: World): Uint8Array {
  try {
    return world.readStdin(longestInput);
  } catch (cause) {
    const msg = `error reading from stdin: ${toCniError(cause).msg}`;
    throw new CniError(ErrorCode.io, msg, "", { cause });
  }
}

const operations: readonly Operation[] = ["ADD", "CHECK", "DEL", "GC", "STATUS"];

function parseOperation(verb: string): Operation {
  const operation = operations.find((known) => known === verb);
  if (operation !== undefined) return operation;
  const msg = `unknown CNI_COMMAND: ${verb}: it must be ${operations.join(", ")} or VERSION`;
  throw new CniError(ErrorCode.invalidEnvironment, msg);
}

function answerCall(call: Call): void {
  const { cniVersion, namespaces, world } = call;
  expectOtherNetns(call);
  try {
    // Printing is a part of ADD: what the runtime never hears of would never be removed.
    dispatch(call, (result) => world.writeStdout(formatJson(formatResult(result, cniVersion))));
  } finally {
    namespaces.close();
  }
}

/**
 * A runtime that passes the plugin's own namespace for the container's, as it may after a process
 * ID was used again, must not have the host's interfaces set up, or taken down.
 */
function expectOtherNetns({ operation, environment, world }: Call): void {
  const { netns, mayShareNetns } = environment;
  if (mayShareNetns || (operation !== "ADD" && operation !== "DEL")) return;
  if (netns === "" || !world.isOwnNetns(netns)) return;
  throw new CniError(
    ErrorCode.invalidNetns,
    "plugin's netns and netns from CNI_NETNS should not be the same",
    `CNI_NETNS is "${netns}"`,
  );
}
