import type { Variables } from "./environment.ts";
import { type CniError, invalidConfig } from "./error.ts";
import { describeJson, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

const levels = ["error", "info", "debug"] as const;

export interface LogSettings {
  readonly file: string;
  /** "error": calls that fail; "info": all of them; "debug": with what they were told. */
  readonly level: (typeof levels)[number];
}

/**
 * Reads where the calls of a plugin are logged: the environment (`PATCHBAY_LOG`,
 * `PATCHBAY_LOG_LEVEL`) before the configuration (`"log": {"file": …, "level": …}`).
 *
 * @returns undefined when they are not
 */
export function readLogSettings(
  variables: Variables,
  document: JsonObject,
): LogSettings | undefined {
  const log = document["log"] ?? {};
  if (!isJsonObject(log)) throw invalidConfig(`"log" must be an object, not ${describeJson(log)}`);
  const file = variables["PATCHBAY_LOG"] || log["file"];
  if (file === undefined || file === null) return undefined;
  // A plugin is started in whatever directory its runtime happens to be in.
  if (typeof file !== "string" || !file.startsWith("/")) throw notAbsolute(file);
  const level = variables["PATCHBAY_LOG_LEVEL"] || (log["level"] ?? "info");
  const known = levels.find((each) => each === level);
  if (known === undefined) throw unknownLevel(level);
  return { file, level: known };
}

function notAbsolute(file: JsonValue): CniError {
  return invalidConfig(
    `the log's file must be an absolute path such as "/var/log/patchbay.log", not ${describeJson(file)}`,
  );
}

function unknownLevel(level: JsonValue): CniError {
  return invalidConfig(
    `the log's level must be ${levels.join(" or ")}, not ${describeJson(level)}`,
  );
}
