import { isJsonObject, type JsonObject, type JsonValue } from "../../cni/json.ts";
import { printable } from "../printable.ts";

/** One line of the log: see `lib/cni/call-log.ts` for where it comes from. */
export interface LogEntry {
  readonly time: string;
  readonly verb: string;
  readonly plugin: string;
  readonly network: string;
  readonly container: string;
  readonly ifname: string;
  readonly ms: number;
  readonly steps: readonly { readonly step: string; readonly ms: number }[];
  readonly error:
    | { readonly code: number; readonly msg: string; readonly details: string }
    | undefined;
  /** Those that ADD returned. */
  readonly addresses: readonly string[];
  readonly trace: string;
  /** The line itself. */
  readonly text: string;
}

/** @returns undefined for a line that is something else, such as one cut off by a full disk */
export function parseLogEntry(text: string): LogEntry | undefined {
  const document = parseObject(text);
  if (document === undefined || typeof document["verb"] !== "string") return undefined;
  const string = (key: string) => stringOf(document[key]);
  return {
    time: string("time"),
    verb: string("verb"),
    plugin: string("plugin"),
    network: string("network"),
    container: string("container"),
    ifname: string("ifname"),
    ms: numberOf(document["ms"]),
    steps: objectsIn(document["steps"]).map((step) => ({
      step: stringOf(step["step"]),
      ms: numberOf(step["ms"]),
    })),
    error: parseError(document["error"]),
    addresses: parseAddresses(document["result"]),
    trace: string("trace"),
    text,
  };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseError(error: JsonValue | undefined): LogEntry["error"] {
  if (!isJsonObject(error)) return undefined;
  const { code, msg, details } = error;
  return { code: numberOf(code), msg: stringOf(msg), details: stringOf(details) };
}

function parseAddresses(result: JsonValue | undefined): string[] {
  if (!isJsonObject(result)) return [];
  return objectsIn(result["ips"]).map(({ address }) => stringOf(address));
}

function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((each: JsonValue) => isJsonObject(each)) : [];
}

function stringOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? printable(value) : "";
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : 0;
}
