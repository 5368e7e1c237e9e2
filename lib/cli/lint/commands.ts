import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import { defaultConfDir } from "../runtime/conf-files.ts";
import type { LintOptions } from "./lint.ts";

/** `patchbay lint`. */
export function addLintCommand(program: Command, context: Context): void {
  program
    .command("lint")
    .argument("[FILE...]", "network configurations, or directories of them (default: --conf-dir)")
    .summary("find mistakes in network configurations")
    .description(
      "Finds mistakes in network configurations, each with its line: what plugins would refuse, what they " +
        "would silently pass over, and what cannot work together. Nothing is changed.",
    )
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
    .option("--no-plugins", "do not ask whether the plugins are installed, and what they speak")
    .option("--strict", "fail on warnings too")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay lint", "all networks of this node"],
        ["patchbay lint my.conflist --no-plugins --strict", "in the CI of a repository"],
      ]),
    )
    .action(async (files: readonly string[], options: LintOptions) => {
      const { lint } = await import("./lint.ts");
      await lint(context, files, options);
    });
}
