import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import { defaultConfDir } from "../runtime/conf-files.ts";
import type { InstallOptions } from "./install.ts";

export const defaultDirectory = "/opt/cni/bin";
const directoryHelp = "directory that the runtime executes plugins from";

/** `patchbay install` and `patchbay uninstall`. */
export function addInstallCommands(program: Command, context: Context): void {
  program.commandsGroup("Plugins:");
  defineInstall(program.command("install"), context);
  defineUninstall(program.command("uninstall"), context);
}

function defineInstall(command: Command, context: Context): void {
  command
    .argument("[DIR]", directoryHelp, defaultDirectory)
    .summary("install the plugins, or go back to those before")
    .description(
      "Installs every plugin of this executable: checks that each runs, then replaces each in one step, " +
        "also while containers are being created. What is replaced is kept.",
    )
    .option("--rollback", "bring back what was there before the last installation")
    .option("--conf <NAME>", "also write an example network, such as bridge")
    .addOption(
      new Option("--conf-dir <DIR>", "where to write it")
        .env("NETCONFPATH")
        .default(defaultConfDir),
    )
    .option("--json", "print one JSON document, also on a terminal")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay install", `install into ${defaultDirectory}`],
        ["patchbay install /usr/lib/cni --conf bridge", "elsewhere, with a network to start with"],
        ["patchbay install --rollback", "the new ones do not do? Back to the old"],
      ]),
    )
    .action(async (directory: string, options: InstallOptions) => {
      const { install } = await import("./install.ts");
      await install(context, directory, options);
    });
}

function defineUninstall(command: Command, context: Context): void {
  command
    .argument("[DIR]", directoryHelp, defaultDirectory)
    .summary("remove the plugins, and bring back what they replaced")
    .description(
      "Brings back what was in the directory before patchbay was first installed there, and removes the " +
        "rest. What somebody else has put in place of our plugins since is left alone.",
    )
    .option("--json", "print one JSON document, also on a terminal")
    .addHelpText("after", formatExamples([["patchbay uninstall", `from ${defaultDirectory}`]]))
    .action(async (directory: string, options: InstallOptions) => {
      const { uninstall } = await import("./install.ts");
      await uninstall(context, directory, options);
    });
}
