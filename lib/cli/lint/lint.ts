import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { JsonObject } from "../../cni/json.ts";
import { answer } from "../answer.ts";
import { CliError, configurationError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { ExitStatus } from "../exit-status.ts";
import { pluginPathOf } from "../plugin-path.ts";
import {
  defaultConfDir,
  listConfFiles,
  listExtensions,
  singleExtensions,
} from "../runtime/conf-files.ts";
import { checkChain } from "./chain-rules.ts";
import { checkDocument } from "./document-rules.ts";
import { checkFiles } from "./file-rules.ts";
import { checkInstalled } from "./installed-rules.ts";
import { readNetwork } from "./network-file.ts";
import type { FindKnown, NetworkSource } from "./network-source.ts";
import { checkPlugin } from "./plugin-rules.ts";
import { type Problem, ProblemList } from "./problem.ts";
import { describeProblems } from "./report.ts";
import { checkVersionNeeds } from "./version-rules.ts";

export interface LintOptions {
  readonly confDir: string;
  readonly cniPath?: string;
  /** False with `--no-plugins`. */
  readonly plugins: boolean;
  readonly strict?: true;
  readonly json?: true;
}

/** `patchbay lint` */
export async function lint(
  context: Context,
  paths: readonly string[],
  options: LintOptions,
): Promise<void> {
  let isGood = true;
  await answer(context, options, async () => {
    const files = (paths.length > 0 ? paths : [options.confDir || defaultConfDir]).flatMap(
      listFiles,
    );
    const problems = await findProblems(context, files, options);
    isGood = !problems.some(({ severity }) => severity === "error" || options.strict);
    return {
      text: describeProblems(problems, files, context.terminal.out),
      document: { files, problems: problems.map(documentOf) },
    };
  });
  if (!isGood) throw new SilentFailure();
}

/** The problems have been told; what is left is the exit status. */
export class SilentFailure extends CliError {
  constructor() {
    super(ExitStatus.failure, "");
  }
}

function listFiles(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw configurationError(`there is no file or directory ${path}`);
  if (!stat.isDirectory()) return [path];
  const files = listConfFiles(path, [...listExtensions, ...singleExtensions]);
  if (files.length > 0) return files;
  throw configurationError(`no net configurations found in ${path}`);
}

async function findProblems(
  context: Context,
  files: readonly string[],
  { plugins, cniPath }: LintOptions,
): Promise<Problem[]> {
  const report = new ProblemList();
  const findKnown = knownPluginsOf(context);
  const networks = files.flatMap((file) => readNetwork(file, findKnown, report) ?? []);
  for (const network of networks) {
    checkNetwork(network, report);
    if (plugins) await checkInstalled(network, pluginPathOf(cniPath), report);
  }
  checkFiles(networks, report);
  return report.sorted(files);
}

function checkNetwork(network: NetworkSource, report: ProblemList): void {
  checkDocument(network, report);
  checkVersionNeeds(network, report);
  checkChain(network, report);
  for (const plugin of network.plugins) checkPlugin(network, plugin, report);
}

function knownPluginsOf({ build }: Context): FindKnown {
  return (name) => {
    const entry = build.plugins.find((each) => each.name === name);
    if (entry === undefined) return undefined;
    const plugin = entry.load();
    return { entry, plugin, profile: plugin.profile() };
  };
}

function documentOf({ file, line, column, severity, message }: Problem): JsonObject {
  return { file: resolve(file), line, column, severity, message };
}
