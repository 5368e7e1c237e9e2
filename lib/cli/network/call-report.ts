import { formatJson, type JsonValue } from "../../cni/json.ts";
import { printable } from "../printable.ts";
import type { CallOptions, PluginCall, PluginReply } from "../runtime/plugin-call.ts";
import type { Stream } from "../terminal.ts";
import type { NetworkOptions } from "./options.ts";

/** @returns what shows the calls of plugins: their own words always, the rest as asked for */
export function watchCalls(
  stream: Stream,
  { time, verbose }: Pick<NetworkOptions, "time" | "verbose">,
): Pick<CallOptions, "onStart" | "onEnd"> {
  return {
    onStart: (call) => {
      if (verbose) stream.write(describeCall(call, stream));
    },
    onEnd: (call, reply) => {
      if (verbose) stream.write(describeReply(reply, stream));
      // On failure without a document, what it wrote becomes the error itself.
      else if (reply.exitCode === 0 || reply.stdout.length > 0)
        stream.write(printable(reply.stderr));
      if (time) stream.write(describeTime(call, reply));
    },
  };
}

function describeCall({ operation, plugin, file, variables, stdin }: PluginCall, stream: Stream) {
  const head = stream.style("strong", `> ${operation} ${plugin.type}`);
  const environment = Object.entries(variables).map(([name, value]) => `  ${name}=${value}\n`);
  return `${head} (${file})\n${environment.join("")}${indent(prettify(stdin))}`;
}

function describeReply(
  { exitCode, signal, stdout, stderr, milliseconds }: PluginReply,
  stream: Stream,
) {
  const end = signal ?? `exit status ${exitCode}`;
  const head = stream.style("strong", `< ${end} after ${formatMilliseconds(milliseconds)}`);
  const said = stderr === "" ? "" : indent(`stderr: ${printable(stderr.trimEnd())}`);
  const text = new TextDecoder().decode(stdout);
  return `${head}\n${text === "" ? "" : indent(prettify(text))}${said}`;
}

function describeTime({ operation, plugin }: PluginCall, { milliseconds }: PluginReply): string {
  const time = formatMilliseconds(milliseconds).padStart(10);
  return `${time}  ${operation.padEnd(6)} ${plugin.type}\n`;
}

export function formatMilliseconds(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function prettify(text: string): string {
  try {
    const document: JsonValue = JSON.parse(text);
    return formatJson(document);
  } catch {
    return printable(text);
  }
}

function indent(text: string): string {
  return `${text.replaceAll(/^/gm, "  ")}\n`;
}
