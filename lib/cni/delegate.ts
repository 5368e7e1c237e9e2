import { isErrno, isNotFound } from "../sys/errno.ts";
import type { Finished } from "../sys/exec.ts";
import { statSync } from "../sys/fs.ts";
import { sleep } from "../sys/sleep.ts";
import type { Call, Operation } from "./call.ts";
import { CniError, ErrorCode, invalidConfig } from "./error.ts";
import { parseJson } from "./json.ts";
import { integerMember, stringMember } from "./json-members.ts";
import type { Result } from "./result.ts";
import { parseResult } from "./result-versions.ts";

/**
 * Finds a plugin's executable: the first regular file of its name in the directories of `CNI_PATH`.
 *
 * @throws {CniError} code 7 when no plugin can be called so, code 4 when there is none
 */
export function findDelegate(name: string, path: readonly string[]): string {
  expectPluginName(name);
  if (path.length === 0) throw new CniError(ErrorCode.invalidEnvironment, "no paths provided");
  const obstacles: string[] = [];
  const files = path.map((directory) => `${directory}/${name}`);
  const found = files.find((file) => isRegularFile(file, obstacles));
  if (found !== undefined) return found;
  throw new CniError(
    ErrorCode.invalidEnvironment,
    `failed to find plugin "${name}" in path [${path.join(" ")}]`,
    ["CNI_PATH must name the directory that it is in", ...obstacles].join("; "),
  );
}

/** What cannot be looked at is passed over, as in the reference. @param obstacles gets why */
function isRegularFile(path: string, obstacles: string[]): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (!isNotFound(error) && error instanceof Error) obstacles.push(error.message);
    return false;
  }
}

/** @throws {CniError} code 7 for a name that would lead out of the directories of `CNI_PATH` */
export function expectPluginName(name: string): void {
  if (name === "") throw invalidConfig("no plugin name provided");
  if (!/[/\0]|^\.{1,2}$/.test(name)) return;
  throw invalidConfig(`invalid plugin name: ${name}: it must be the name of a file in CNI_PATH`);
}

/**
 * Executes another plugin for one's own call: with the whole environment, but its own
 * `CNI_COMMAND`, and with the very stdin (specification, section 4).
 *
 * @returns the result of ADD; empty after anything else
 * @throws {CniError} the error that the plugin printed, or one that says what it did instead
 */
export function executeDelegate(file: string, operation: Operation, call: Call): Result {
  const { world, stdin, cniVersion } = call;
  const env = { ...world.variables, CNI_COMMAND: operation };
  const finished = whenFree(() => world.execute(file, { env, stdin }));
  const { exitCode, stdout, stderr } = finished;
  if (exitCode === 0 || stdout.length > 0) world.writeStderr(stderr);
  if (exitCode !== 0) throw failureOf(finished);
  if (operation !== "ADD") return {};
  return parseResult(parseJson(stdout, `the result of "${file}"`), cniVersion);
}

/** How long an executable may be busy, as it is while an upgrade writes it. */
const busyAttempts = 50;
const busyPauseMilliseconds = 100;

function whenFree(start: () => Finished): Finished {
  for (let attempt = 1; ; attempt++) {
    try {
      return start();
    } catch (error) {
      if (!isErrno(error, "ETXTBSY") || attempt === busyAttempts) throw notStarted(error);
      sleep(busyPauseMilliseconds);
    }
  }
}

function notStarted(cause: unknown): CniError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const msg = `netplugin failed with no error message: ${reason}`;
  return new CniError(ErrorCode.io, msg, "", { cause });
}

/** A plugin says what went wrong in JSON on stdout; what did not come to that left words, or none. */
export function failureOf({ exitCode, signal, stdout, stderr }: Finished): CniError {
  const end = signal === undefined ? `exit status ${exitCode}` : `signal: ${signal}`;
  const said = new TextDecoder().decode(stdout);
  if (said !== "") return parseError(said, stdout, end);
  const msg =
    stderr === ""
      ? `netplugin failed with no error message: ${end}`
      : `netplugin failed: ${JSON.stringify(stderr)}: ${end}`;
  return new CniError(ErrorCode.internal, msg);
}

function parseError(said: string, stdout: Uint8Array, end: string): CniError {
  try {
    const at = { object: parseJson(stdout, "error"), path: "" };
    return new CniError(
      integerMember(at, "code") ?? ErrorCode.internal,
      stringMember(at, "msg") || `netplugin failed with no error message: ${end}`,
      stringMember(at, "details"),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const diagnostic = JSON.stringify(said);
    const msg = `netplugin failed but error parsing its diagnostic message ${diagnostic}: ${reason}`;
    return new CniError(ErrorCode.internal, msg, "", { cause });
  }
}
