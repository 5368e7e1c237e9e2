import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../support/lab.ts";
import type { Output, RunOptions } from "../support/namespace.ts";
import type { Json } from "../support/outcome.ts";

/** One call that a fake plugin was given. */
export interface RecordedCall {
  readonly command: string;
  readonly plugin: string;
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  readonly args: string;
  readonly stdin: Json;
}

/** `patchbay` in a lab: with networks of its own, and plugins that do as they are told. */
export interface Tool {
  readonly lab: Lab;
  readonly confDir: string;
  readonly pluginDir: string;
  /** Runs it on the host, as a program would. */
  run(args: readonly string[], options?: RunOptions): Output;
  /** Runs it, which has to succeed. @returns what it printed */
  succeed(...args: readonly string[]): string;
  /** Runs it on a terminal. @returns all that is to be seen there */
  show(args: readonly string[], env?: RunOptions["env"]): string;
  /** The command line, for whoever starts it differently. */
  command(args: readonly string[]): readonly string[];
  /** Writes a network's configuration. */
  write(fileName: string, content: Json | string): void;
  remove(fileName: string): void;
  /** Makes a plugin that succeeds, prints `result` after ADD, and records every call. */
  fake(name: string, result?: Json): void;
  /** Lets a fake plugin fail from now on when it is called for `command`. */
  fail(name: string, command: string, error: Json): void;
  /** Lets a fake plugin succeed again. */
  recover(name: string, command: string): void;
  /** The calls since the last time this was asked, as "ADD bridge". */
  takeCalls(): RecordedCall[];
}

const fakePlugin = `#!/bin/sh
here=$(dirname "$0"); name=$(basename "$0")
stdin=$(cat)
printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$CNI_COMMAND" "$name" "$CNI_CONTAINERID" \\
  "$CNI_NETNS" "$CNI_IFNAME" "$CNI_ARGS" "$stdin" >> "$here/calls"
if [ -e "$0.$CNI_COMMAND.fail" ]; then cat "$0.$CNI_COMMAND.fail"; exit 1; fi
if [ "$CNI_COMMAND" = ADD ]; then cat "$0.result"; fi
`;

export function createTool(t: Test): Tool {
  const lab = createLab(t);
  const directory = t.testdir({ "net.d": {}, plugins: {} });
  const [confDir, pluginDir] = [join(directory, "net.d"), join(directory, "plugins")];
  const environment = { NETCONFPATH: confDir, CNI_PATH: pluginDir, CNI_IFNAME: undefined };
  const tool: Tool = {
    lab,
    confDir,
    pluginDir,
    command: (args) => [join(patchbay, "patchbay"), ...args],
    run: (args, options = {}) =>
      lab.runOnHost(tool.command(args), { ...options, env: { ...environment, ...options.env } }),
    succeed: (...args) => {
      const { exitCode, stdout, stderr } = tool.run(args);
      if (exitCode !== 0) throw new Error(`patchbay ${args.join(" ")}: ${exitCode}: ${stderr}`);
      return stdout;
    },
    show: (args, env = { NO_COLOR: "1" }) => {
      const command = tool.command(args).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
      const argv = ["script", "--quiet", "--return", "--command", command.join(" "), "/dev/null"];
      const { stdout } = lab.runOnHost(argv, { env: { ...environment, TERM: "xterm", ...env } });
      return stdout.replaceAll("\r\n", "\n");
    },
    write: (fileName, content) => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      mkdirSync(join(confDir, fileName, ".."), { recursive: true });
      writeFileSync(join(confDir, fileName), text);
    },
    remove: (fileName) => rmSync(join(confDir, fileName)),
    fake: (name, result = { cniVersion: "1.1.0" }) => {
      const path = join(pluginDir, name);
      writeFileSync(path, fakePlugin);
      chmodSync(path, 0o755);
      writeFileSync(`${path}.result`, JSON.stringify(result));
    },
    fail: (name, command, error) =>
      writeFileSync(join(pluginDir, `${name}.${command}.fail`), JSON.stringify(error)),
    recover: (name, command) => rmSync(join(pluginDir, `${name}.${command}.fail`)),
    takeCalls: () => takeCalls(join(pluginDir, "calls")),
  };
  return tool;
}

function takeCalls(file: string): RecordedCall[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  rmSync(file);
  return lines.map((line) => {
    const [
      command = "",
      plugin = "",
      containerId = "",
      netns = "",
      ifName = "",
      args = "",
      stdin = "",
    ] = line.split("\t");
    return { command, plugin, containerId, netns, ifName, args, stdin: JSON.parse(stdin) };
  });
}

/** @returns calls as "ADD bridge" */
export function namesOf(calls: readonly RecordedCall[]): string[] {
  return calls.map(({ command, plugin }) => `${command} ${plugin}`);
}
