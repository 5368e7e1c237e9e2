import type { Command } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import type { ReloadOptions } from "./reload.ts";

/** `patchbay reload`. */
export function addFirewallCommands(program: Command, context: Context): void {
  program
    .command("reload")
    .summary("make the packet rules of all containers anew")
    .description(
      "Makes the packet rules of all running containers anew: published ports, masquerade and " +
        "anti-spoofing. To be called when somebody has flushed them: a firewall that was started " +
        'again, "nft flush ruleset", "iptables -F". Rules that are there stay; nothing is ' +
        "interrupted.",
    )
    .option("--json", "print what was done as a JSON document")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay reload", "after a flush"],
        ["systemctl edit firewalld", 'with "ExecStartPost=patchbay reload", after each start'],
      ]),
    )
    .action(async (options: ReloadOptions) => {
      const { reload } = await import("./reload.ts");
      await reload(context, options);
    });
}
