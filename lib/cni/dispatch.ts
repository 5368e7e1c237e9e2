import { withUndo } from "../undo.ts";
import { parseAttachments } from "./attachments.ts";
import type { Call, Operation } from "./call.ts";
import { toCniError } from "./failure.ts";
import { ipamOf } from "./ipam-delegate.ts";
import type { Plugin } from "./plugin.ts";
import type { Result } from "./result.ts";
import { formatResult, parsePrevResult, parseResult } from "./result-versions.ts";
import { expectVersion } from "./version-gate.ts";

/** What to do with the result of ADD. If that fails, all that ADD did is undone. */
type Deliver = (result: Result) => void;

/** Calls the plugin's handler for what the runtime wants done. */
export function dispatch(call: Call, deliver: Deliver): void {
  handlers[call.operation](call.plugin.load(), call, deliver);
}

type Handler = (plugin: Plugin<unknown>, call: Call, deliver: Deliver) => void;

const handlers: { readonly [operation in Operation]: Handler } = {
  ADD: add,
  CHECK: check,
  DEL: del,
  GC: gc,
  STATUS: status,
};

function add(plugin: Plugin<unknown>, call: Call, deliver: Deliver): void {
  const request = makeRequest(plugin, call, () => call.namespaces.container);
  withUndo((undo) => deliver(plugin.add(Object.assign(request, { undo }))));
}

function check(plugin: Plugin<unknown>, call: Call): void {
  plugin.check(makeRequest(plugin, call, () => call.namespaces.container));
}

function del(plugin: Plugin<unknown>, call: Call): void {
  plugin.del(makeRequest(plugin, call, () => call.namespaces.containerIfThere));
}

function gc(plugin: Plugin<unknown>, call: Call): void {
  const isValid = parseAttachments(call.document);
  const request = Object.assign(
    makeRequest(plugin, call, () => undefined),
    { isValid },
  );
  if (plugin.gc === undefined) request.ipam.gc();
  else plugin.gc(request);
}

function status(plugin: Plugin<unknown>, call: Call): void {
  const request = makeRequest(plugin, call, () => undefined);
  if (plugin.status === undefined) request.ipam.status();
  else plugin.status(request);
}

/** Namespaces are opened when a handler asks for them: IPAM plugins never do. */
function makeRequest<Container>(
  plugin: Plugin<unknown>,
  call: Call,
  openContainer: () => Container,
) {
  const { operation, document, network, cniVersion, environment, namespaces } = call;
  const { args, containerId, ifName } = environment;
  return {
    config: plugin.parseConfig({ verb: operation, document, network, cniVersion, args }),
    network,
    cniVersion,
    attachment: { network, containerId, ifName },
    prevResult: readPrevResult(call),
    ipam: ipamOf(call, callInProcess),
    get host() {
      return namespaces.host;
    },
    get container() {
      return openContainer();
    },
  };
}

function readPrevResult(call: Call): Result | undefined {
  const { operation, document, cniVersion, world } = call;
  if (operation === "GC" || operation === "STATUS") return undefined;
  try {
    return parsePrevResult(document, cniVersion);
  } catch (error) {
    if (operation !== "DEL") throw error;
    // What cannot be read must not keep a container from being removed.
    world.writeStderr(`warning: ${toCniError(error).msg}\n`);
    return undefined;
  }
}

/** A plugin of this executable gets to see, and gives back, what it would if it were executed. */
function callInProcess(call: Call): Result {
  const { operation, cniVersion, plugin } = call;
  expectVersion(operation, cniVersion, plugin.versions);
  let lease: Result = {};
  dispatch(call, (result) => {
    lease = parseResult(formatResult(result, cniVersion), cniVersion);
  });
  return lease;
}
