import { type Command, Option } from "commander";
import { defaultConfDir } from "../runtime/conf-files.ts";
import { defaultCacheDirectory } from "../runtime/result-cache.ts";

/** What the command line says of one operation on a network. */
export interface NetworkOptions {
  readonly ifname: string;
  readonly containerId?: string;
  readonly confDir: string;
  readonly cniPath?: string;
  readonly cniArgs: string;
  readonly capArgs: string;
  readonly cacheDir: string;
  /** Seconds; 0 for no limit. */
  readonly timeout: number;
  readonly json?: true;
  readonly time?: true;
  readonly verbose?: true;
}

/** Every variable that `cnitool` reads has its option; an option is stronger than the variable. */
export function addAttachmentOptions(command: Command): Command {
  for (const option of attachmentOptions()) command.addOption(option);
  return addCommonOptions(command);
}

/** `cnitool` takes those about an attachment here too, where they mean nothing. */
export function addNetworkOptions(command: Command): Command {
  for (const option of attachmentOptions()) command.addOption(option.hideHelp());
  return addCommonOptions(command);
}

function attachmentOptions(): Option[] {
  return [
    new Option("-i, --ifname <NAME>", "interface in the container")
      .env("CNI_IFNAME")
      .default("eth0"),
    new Option("--container-id <ID>", "container ID (default: made from NETNS, as cnitool does)"),
    new Option("--cni-args <PAIRS>", 'arguments for plugins: "KEY=VALUE;KEY=VALUE"')
      .env("CNI_ARGS")
      .default("", "none"),
    new Option("--cap-args <JSON>", "arguments by capability, such as portMappings")
      .env("CAP_ARGS")
      .default("", "none"),
  ];
}

function addCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--conf-dir <DIR>", "directory of the network configurations")
        .env("NETCONFPATH")
        .default(defaultConfDir),
    )
    .addOption(
      new Option(
        "--cni-path <DIRS>",
        "directories of the plugins, separated by colons (default: that of patchbay, then /opt/cni/bin)",
      ).env("CNI_PATH"),
    )
    .option("--cache-dir <DIR>", "where attachments are remembered", defaultCacheDirectory)
    .addOption(
      new Option("--timeout <SECONDS>", "kill a plugin that takes longer")
        .argParser(Number)
        .default(0, "never"),
    )
    .option("--json", "print one JSON document, also on a terminal")
    .option("--time", "show how long each plugin took")
    .option("--verbose", "show what each plugin is told and what it answers");
}
