import { isNotFound } from "../../sys/errno.ts";
import { type CliError, configurationError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { abortOnSignals } from "../interruption.ts";
import { type LogEntry, parseLogEntry } from "./entry.ts";
import { describeEntry } from "./entry-report.ts";
import { readLines } from "./lines.ts";

export interface LogOptions {
  readonly network?: string;
  readonly container?: string;
  readonly trace?: string;
  readonly errors?: true;
  readonly slow?: number;
  readonly last?: number;
  readonly steps?: true;
  readonly follow?: true;
  readonly json?: true;
}

/** `patchbay log` */
export async function log(context: Context, file: string, options: LogOptions): Promise<void> {
  const { out } = context.terminal;
  const show = (entry: LogEntry) =>
    out.write(options.json ? `${entry.text}\n` : describeEntry(entry, out, options.steps === true));
  try {
    const signal = abortOnSignals();
    const recent: LogEntry[] = [];
    // What is to be followed is shown at once; to know the last, one has to have seen them all.
    const keep = options.follow ? 0 : (options.last ?? 0);
    for await (const line of readLines(file, { follow: options.follow === true, signal })) {
      const entry = parseLogEntry(line);
      if (entry === undefined || !isWanted(entry, options)) continue;
      if (keep === 0) show(entry);
      else if (recent.push(entry) > keep) recent.shift();
    }
    recent.forEach(show);
  } catch (error) {
    throw isNotFound(error) ? noLog(file) : error;
  }
}

function isWanted(entry: LogEntry, options: LogOptions): boolean {
  const { network, container, trace, errors, slow } = options;
  return (
    (network === undefined || entry.network === network) &&
    // Of an ID people have the first twelve digits.
    (container === undefined || entry.container.startsWith(container)) &&
    (trace === undefined || entry.trace === trace) &&
    (errors === undefined || entry.error !== undefined) &&
    (slow === undefined || entry.ms >= slow)
  );
}

function noLog(file: string): CliError {
  return configurationError(
    `there is no log at ${file}`,
    'Plugins log when the runtime sets PATCHBAY_LOG=FILE, or when their configuration has "log": {"file": "FILE"}.',
  );
}
