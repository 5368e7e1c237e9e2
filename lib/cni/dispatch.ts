import { withUndo } from "../undo.ts";
import { parseAttachments } from "./attachments.ts";
import type { Call, Operation } from "./call.ts";
import { toCniError } from "./failure.ts";
import { ipamOf } from "./ipam-delegate.ts";
import { objectMember } from "./json-members.ts";
import type { Result } from "./result.ts";
import { formatResult, parsePrevResult, parseResult } from "./result-versions.ts";
import { expectVersion } from "./version-gate.ts";

/** What to do with the result of ADD. If that fails, all that ADD did is undone. */
type Deliver = (result: Result) => void;

/** Calls the plugin's handler for what the runtime wants done. */
export function dispatch(call: Call, deliver: Deliver): void {
  handlers[call.operation](call, deliver);
}

const handlers: { readonly [operation in Operation]: (call: Call, deliver: Deliver) => void } = {
  ADD: add,
  CHECK: check,
  DEL: del,
  GC: gc,
  STATUS: status,
};

function add(call: Call, deliver: Deliver): void {
  const request = makeRequest(call, () => call.namespaces.container);
  withUndo((undo) => deliver(call.plugin.add(Object.assign(request, { undo }))));
}

function check(call: Call): void {
  call.plugin.check(makeRequest(call, () => call.namespaces.container));
}

function del(call: Call): void {
  call.plugin.del(makeRequest(call, () => call.namespaces.containerIfThere));
}

function gc(call: Call): void {
  const isValid = parseAttachments(call.document);
  const request = Object.assign(
    makeRequest(call, () => undefined),
    { isValid },
  );
  if (call.plugin.gc === undefined) request.ipam.gc();
  else call.plugin.gc(request);
}

function status(call: Call): void {
  const request = makeRequest(call, () => undefined);
  if (call.plugin.status === undefined) request.ipam.status();
  else call.plugin.status(request);
}

/** Namespaces are opened when a handler asks for them: IPAM plugins never do. */
function makeRequest<Container>(call: Call, openContainer: () => Container) {
  const { plugin, operation, document, network, cniVersion, environment, namespaces } = call;
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
    const prevResult = objectMember({ object: document, path: "" }, "prevResult");
    return prevResult === undefined ? undefined : parsePrevResult(prevResult, cniVersion);
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
