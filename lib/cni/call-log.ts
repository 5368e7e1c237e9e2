import { closeSync, constants, openSync, writeSync } from "../sys/fs.ts";
import type { Call } from "./call.ts";
import { toCniError } from "./failure.ts";
import type { JsonObject } from "./json.ts";
import { type LogSettings, readLogSettings } from "./log-settings.ts";
import { type Step, watchPlugin } from "./log-steps.ts";
import type { PluginEntry } from "./plugin.ts";
import type { Result } from "./result.ts";
import { traceIdOf } from "./trace-context.ts";
import type { World } from "./world.ts";

/**
 * The log of plugin calls: one line of JSON per call, for whoever asks why a container has no
 * network, or what took so long. Loaded only where it is asked for, by `PATCHBAY_LOG=FILE` in the
 * environment or by `"log"` in the plugin's configuration: otherwise it costs nothing.
 *
 *     time         when the call ended, in UTC
 *     level        "info", or "error" when it failed
 *     verb plugin network container ifname netns
 *     ms           since the process was started
 *     steps        [ step ms ]  in their order; what is between them is the plugin's own
 *     result       of ADD; or
 *     error        code msg details?
 *     trace?       the trace ID of TRACEPARENT
 *     config?      what the plugin read on stdin, at level "debug"
 *     pid version
 */
export interface CallLog {
  /** @returns the call, made so that its steps are timed */
  watch(call: Call): Call;
  /**
   * Writes the line. Never fails: a log must not decide whether a container gets its network.
   *
   * @param error why the call failed, if it did
   */
  end(error?: unknown): void;
}

/**
 * @param document what the plugin read on stdin; empty as long as that is not known
 * @returns undefined when nothing is to be logged after all
 */
export function openCallLog(
  plugin: PluginEntry,
  world: World,
  document: JsonObject,
): CallLog | undefined {
  try {
    const settings = readLogSettings(world.variables, document);
    return settings && createLog(plugin, world, settings);
  } catch (error) {
    world.writeStderr(`warning: nothing is logged: ${toCniError(error).msg}\n`);
    return undefined;
  }
}

function createLog(entry: PluginEntry, world: World, settings: LogSettings): CallLog {
  const steps: Step[] = [{ step: "start", ms: round(performance.now()) }];
  const record = (step: string, milliseconds: number) => {
    steps.push({ step, ms: round(milliseconds) });
  };
  let watched: Call | undefined;
  let result: Result | undefined;
  return {
    watch(call) {
      watched = call;
      const plugin = watchPlugin(call.plugin, record, (added) => {
        result = added;
      });
      return { ...call, plugin };
    },
    end(error) {
      if (settings.level === "error" && error === undefined) return;
      const line = {
        time: new Date().toISOString(),
        level: error === undefined ? "info" : "error",
        ...describeCall(entry, world, watched),
        steps,
        ...(result !== undefined && error === undefined && { result }),
        ...(error !== undefined && { error: describeError(error) }),
        ...(settings.level === "debug" && watched && { config: watched.document }),
      };
      append(world, settings.file, `${JSON.stringify(line)}\n`);
    },
  };
}

function describeCall({ name }: PluginEntry, world: World, call: Call | undefined) {
  const { variables, buildVersion } = world;
  const trace = traceIdOf(variables["TRACEPARENT"]);
  return {
    verb: variables["CNI_COMMAND"] ?? "",
    plugin: name,
    network: call?.network ?? "",
    container: variables["CNI_CONTAINERID"] ?? "",
    ifname: variables["CNI_IFNAME"] ?? "",
    netns: variables["CNI_NETNS"] ?? "",
    ms: round(performance.now()),
    pid: process.pid,
    version: buildVersion,
    ...(trace !== undefined && { trace }),
  };
}

function describeError(error: unknown) {
  const { code, msg, details } = toCniError(error);
  return { code, msg, ...(details !== "" && { details }) };
}

/** In one write, so that lines of plugins that run at the same time do not mix. */
function append(world: World, file: string, line: string): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  try {
    const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      writeSync(fd, new TextEncoder().encode(line));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    world.writeStderr(`warning: cannot write to the log: ${toCniError(error).msg}\n`);
  }
}

/** Microseconds are enough. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
