import type { Command } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import type { AddOptions } from "./add.ts";
import type { GcOptions } from "./gc.ts";
import { addAttachmentOptions, addNetworkOptions, type NetworkOptions } from "./options.ts";

const netnsHelp = 'a name of "ip netns", the path of a network namespace, or the ID of a process';
const networkHelp = 'the "name" of a network configuration, or the path of its file (with a slash)';

/** `patchbay add|check|del|gc|status`. */
export function addNetworkCommands(program: Command, context: Context): void {
  program.commandsGroup("Networks:");
  defineAdd(attachmentCommand(program, "add"), context);
  defineCheck(attachmentCommand(program, "check"), context);
  defineDel(attachmentCommand(program, "del"), context);
  defineGc(networkCommand(program, "gc"), context);
  defineStatus(networkCommand(program, "status"), context);
}

function defineAdd(command: Command, context: Context): void {
  addAttachmentOptions(command)
    .summary("attach a network namespace to a network")
    .description(
      "Attaches a network namespace to a network: calls ADD of each of its plugins in turn. When one " +
        "fails, what the others have made is removed again by DEL.",
    )
    .option("--keep", "when a plugin fails, leave what there is for inspection")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay add podnet testing", 'attach the namespace "testing" as eth0'],
        [
          "patchbay add podnet 4711 -i net1 --time",
          "attach process 4711 as net1; say what it cost",
        ],
        ["patchbay add ./my.conflist testing --verbose", "try out a file, and watch its plugins"],
        [
          `patchbay add podnet testing --cap-args '{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}'`,
          "publish a port",
        ],
      ]),
    )
    .action(async (network: string, netns: string, options: AddOptions) => {
      const { add } = await import("./add.ts");
      await add(context, { network, netns, options });
    });
}

function defineCheck(command: Command, context: Context): void {
  addAttachmentOptions(command)
    .summary("ask whether an attachment is as it should be")
    .description("Asks each plugin whether an attachment is still as ADD left it (CHECK).")
    .addHelpText(
      "after",
      formatExamples([["patchbay check podnet testing", "exit status 0 means all is well"]]),
    )
    .action(async (network: string, netns: string, options: NetworkOptions) => {
      const { check } = await import("./check.ts");
      await check(context, { network, netns, options });
    });
}

function defineDel(command: Command, context: Context): void {
  addAttachmentOptions(command)
    .summary("detach a network namespace from a network")
    .description(
      "Detaches a network namespace from a network: calls DEL of each of its plugins, the last first. " +
        "It works when the namespace is gone, and may be repeated.",
    )
    .addHelpText(
      "after",
      formatExamples([["patchbay del podnet testing", "with the options that add was given"]]),
    )
    .action(async (network: string, netns: string, options: NetworkOptions) => {
      const { del } = await import("./del.ts");
      await del(context, { network, netns, options });
    });
}

function defineGc(command: Command, context: Context): void {
  addNetworkOptions(command)
    .summary("remove what is left of containers that are gone")
    .description(
      "Removes every attachment of a network that is not named as valid: DEL for those that are " +
        "remembered, then GC of each plugin. Without an option NONE IS VALID, as with cnitool.",
    )
    .option("--valid <ID/IFNAME>", "an attachment to keep; may be repeated", append)
    .option("--valid-live", "keep every remembered attachment whose namespace still exists")
    .option("--dry-run", "only show which attachments would be removed")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay gc podnet --valid-live --dry-run", "look first"],
        ["patchbay gc podnet --valid-live", "tidy up after a crash or a reboot"],
      ]),
    )
    .action(async (network: string, _netns: string | undefined, options: GcOptions) => {
      const { gc } = await import("./gc.ts");
      await gc(context, { network, options });
    });
}

function defineStatus(command: Command, context: Context): void {
  addNetworkOptions(command)
    .summary("ask whether a network is ready")
    .description("Asks each plugin of a network whether it is ready for ADD (STATUS).")
    .addHelpText("after", formatExamples([["patchbay status podnet", "exit status 0 means ready"]]))
    .action(async (network: string, _netns: string | undefined, options: NetworkOptions) => {
      const { status } = await import("./status.ts");
      await status(context, { network, options });
    });
}

/** Not a variadic option, which would swallow the network's name after it. */
function append(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

function attachmentCommand(program: Command, name: string): Command {
  return program.command(name).argument("<NETWORK>", networkHelp).argument("<NETNS>", netnsHelp);
}

/** `cnitool` wants a namespace here too, and has no use for it. */
function networkCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .argument("<NETWORK>", networkHelp)
    .argument("[NETNS]", "ignored; for those who are used to cnitool");
}
