import { resolve } from "node:path";
import type { HandedBack } from "../../firewall/handback.ts";
import { type Answer, answer } from "../answer.ts";
import type { Context } from "../context.ts";
import { defaultConfDir } from "../runtime/conf-files.ts";
import { formatTable } from "../table.ts";
import type { Change } from "./change.ts";
import { getExample, writeExample } from "./example-conf.ts";
import * as installation from "./installation.ts";
import { handBackRules, withRules } from "./rules.ts";

export interface InstallOptions {
  readonly rollback?: true;
  readonly conf?: string;
  readonly confDir: string;
  readonly json?: true;
}

/** `patchbay install` */
export async function install(
  context: Context,
  directory: string,
  options: InstallOptions,
): Promise<void> {
  const target = resolve(directory);
  await answer(context, options, async () => {
    if (options.rollback) {
      const results: HandedBack[] = [];
      const giveWay = () => results.push(handBackRules());
      const changes = await installation.rollBack(target, giveWay);
      return withRules(describe(context, "rolled back", target, changes), results);
    }
    // Before anything is done, for a name that does not exist.
    const example = options.conf === undefined ? undefined : getExample(options.conf);
    const { version, plugins } = context.build;
    const names = [...plugins.map(({ name }) => name), "patchbay"];
    const executable = { file: process.execPath, version, names };
    const changes = await installation.install(target, executable);
    const { text, document } = describe(context, `installed ${version}`, target, changes);
    if (example === undefined) return { text, document };
    const conf = writeExample(resolve(options.confDir || defaultConfDir), example);
    return { text: `${text}network: ${conf}\n`, document: { ...document, conf } };
  });
}

/** `patchbay uninstall` */
export async function uninstall(
  context: Context,
  directory: string,
  options: Pick<InstallOptions, "json">,
): Promise<void> {
  const target = resolve(directory);
  await answer(context, options, async () => {
    const results: HandedBack[] = [];
    const changes = await installation.uninstall(target, () => results.push(handBackRules()));
    return withRules(describe(context, "uninstalled", target, changes), results);
  });
}

function describe(
  { terminal: { out } }: Context,
  what: string,
  directory: string,
  changes: readonly Change[],
): Answer {
  const rows = changes.map(({ name, outcome }) => [`  ${name}`, outcome]);
  const isReversible = changes.some(({ outcome }) => outcome === "replaced");
  const hint = isReversible ? 'What was replaced is kept: see "--rollback".\n' : "";
  return {
    text: `${out.style("good", `${what}:`)} ${directory}\n${formatTable(rows)}${hint}`,
    document: { directory, changes: changes.map(({ name, outcome }) => ({ name, outcome })) },
  };
}
