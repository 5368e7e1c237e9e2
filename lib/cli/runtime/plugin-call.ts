import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Operation } from "../../cni/call.ts";
import { failureOf, findDelegate } from "../../cni/delegate.ts";
import { CniError, ErrorCode } from "../../cni/error.ts";
import type { Finished } from "../../sys/exec.ts";
import { formatArgumentPairs } from "./cni-args.ts";
import type { PluginConf } from "./plugin-conf.ts";
import { PluginFailure } from "./plugin-failure.ts";
import type { RuntimeConf } from "./runtime-conf.ts";

/** One execution of a plugin. */
export interface PluginCall {
  readonly operation: Operation;
  readonly plugin: PluginConf;
  readonly file: string;
  /** The variables of the specification; the plugin sees those of this process too. */
  readonly variables: { readonly [name: string]: string };
  readonly stdin: string;
}

/** What became of it. */
export interface PluginReply extends Finished {
  readonly milliseconds: number;
}

export interface CallOptions {
  /** Where plugins are looked for, first to last. */
  readonly path: readonly string[];
  /** After how many milliseconds a plugin is killed; 0 for never. */
  readonly timeout: number;
  /** Asked before each call: once aborted, nothing more is started. */
  readonly signal: AbortSignal;
  readonly onStart: (call: PluginCall) => void;
  readonly onEnd: (call: PluginCall, reply: PluginReply) => void;
}

/**
 * Executes a plugin as libcni does.
 *
 * @param read makes something of what it prints on stdout
 * @throws {PluginFailure} when there is no such plugin, it fails, or it prints something else
 */
export async function callPlugin<T>(
  operation: Operation,
  plugin: PluginConf,
  { stdin, conf }: { readonly stdin: string; readonly conf: RuntimeConf },
  options: CallOptions,
  read: (stdout: Uint8Array, file: string) => T,
): Promise<T> {
  options.signal.throwIfAborted();
  try {
    const file = findDelegate(plugin.type, options.path);
    const variables = variablesOf(operation, conf, options.path);
    const call: PluginCall = { operation, plugin, file, variables, stdin };
    options.onStart(call);
    const reply = await execute(call, options.timeout);
    options.onEnd(call, reply);
    if (reply.exitCode !== 0) throw failureOf(reply);
    return read(reply.stdout, file);
  } catch (error) {
    if (error instanceof CniError) throw new PluginFailure(operation, plugin, error);
    throw error;
  }
}

function variablesOf(operation: Operation, conf: RuntimeConf, path: readonly string[]) {
  return {
    CNI_COMMAND: operation,
    CNI_CONTAINERID: conf.containerId,
    CNI_NETNS: conf.netns,
    CNI_IFNAME: conf.ifName,
    CNI_ARGS: formatArgumentPairs(conf.args),
    CNI_PATH: path.join(":"),
  };
}

/** How long an executable may be busy, as it is while an upgrade writes it. */
const busyAttempts = 50;
const busyPauseMilliseconds = 100;

async function execute(call: PluginCall, timeout: number): Promise<PluginReply> {
  for (let attempt = 1; ; attempt++) {
    const start = performance.now();
    const child = await spawn(call, timeout);
    const milliseconds = performance.now() - start;
    if (child.timedOut) throw internal(`it did not finish within ${timeout} ms, and was killed`);
    if (child.exitCode !== undefined || child.signal !== undefined) {
      const { exitCode, signal, stdout, stderr } = child;
      return { exitCode, signal, stdout, stderr: new TextDecoder().decode(stderr), milliseconds };
    }
    if (child.code !== "ETXTBSY" || attempt === busyAttempts) {
      throw internal(`netplugin failed with no error message: ${child.shortMessage}`);
    }
    await sleep(busyPauseMilliseconds);
  }
}

function spawn({ file, variables, stdin }: PluginCall, timeout: number) {
  return execa(file, {
    input: stdin,
    env: variables,
    reject: false,
    encoding: "buffer",
    stripFinalNewline: false,
    timeout,
    // In a group of its own: Ctrl-C must not leave a network half made. See `signal`.
    detached: true,
    cleanup: false,
  });
}

function internal(msg: string): CniError {
  return new CniError(ErrorCode.internal, msg);
}
