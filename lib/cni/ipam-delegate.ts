import { withUndo } from "../undo.ts";
import type { Call, Operation } from "./call.ts";
import { executeDelegate, expectPluginName, findDelegate } from "./delegate.ts";
import { invalidConfig } from "./error.ts";
import { type Ipam, noIpam } from "./ipam.ts";
import type { JsonObject } from "./json.ts";
import { objectMember, stringMember } from "./json-members.ts";
import type { Result } from "./result.ts";

/** Calls a plugin of this executable. @returns the result of ADD; empty after anything else */
export type CallInProcess = (call: Call) => Result;

/**
 * The IPAM plugin that the configuration names in `ipam.type`: executed as the specification says,
 * or, when the file that would be executed is this very executable, called in this process, which
 * comes to the same and starts none.
 *
 * @throws {CniError} code 7 when `ipam.type` cannot be the name of a plugin
 */
export function ipamOf(call: Call, callInProcess: CallInProcess): Ipam {
  const type = ipamType(call.document);
  if (type === "") return noIpam;
  if (type === call.plugin.name) return itself(type);
  const run = (operation: Operation) => runDelegate(type, { ...call, operation }, callInProcess);
  return {
    add: () => run("ADD"),
    check: () => void run("CHECK"),
    del: () => void run("DEL"),
    gc: () => void run("GC"),
    status: () => void run("STATUS"),
  };
}

/** @returns "" where there is no IPAM: on a layer 2 network */
function ipamType(document: JsonObject): string {
  const type = typeMember(document);
  if (type !== "") expectPluginName(type);
  return type;
}

function typeMember(document: JsonObject): string {
  try {
    const ipam = objectMember({ object: document, path: "" }, "ipam");
    return (ipam && stringMember(ipam, "type")) ?? "";
  } catch (cause) {
    throw invalidConfig(`invalid configuration: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** What an IPAM plugin sees, which never asks; any other would call itself without end. */
function itself(type: string): Ipam {
  const refuse = () => {
    throw invalidConfig(`"ipam.type" is "${type}": a plugin cannot be its own IPAM plugin`);
  };
  return { ...noIpam, add: refuse, check: refuse, del: refuse };
}

function runDelegate(type: string, call: Call, callInProcess: CallInProcess): Result {
  const { world, environment, operation } = call;
  const file = findDelegate(type, environment.path);
  const plugin = world.isOwnExecutable(file) ? world.findPlugin(type) : undefined;
  if (plugin !== undefined) return callInProcess({ ...call, plugin });
  if (operation !== "ADD") return executeDelegate(file, operation, call);
  return withUndo((undo) => {
    // Before the deed: who knows how far an ADD came that failed. Plugins of our own undo theirs.
    undo.push(`run DEL of "${type}"`, () => executeDelegate(file, "DEL", call));
    return executeDelegate(file, "ADD", call);
  });
}
