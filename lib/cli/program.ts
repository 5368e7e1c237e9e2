import { type Argument, Command } from "commander";
import { addCompletionCommands } from "./completion/commands.ts";
import type { Context } from "./context.ts";
import { addFirewallCommands } from "./firewall/commands.ts";
import { addInstallCommands } from "./install/commands.ts";
import { addLintCommand } from "./lint/commands.ts";
import { addLogCommand } from "./log/commands.ts";
import { addNetworkCommands } from "./network/commands.ts";

/** Builds the command line. Each command loads the code that does its work when it is called. */
export function createProgram(context: Context): Command {
  const { build, terminal } = context;
  const program = new Command("patchbay")
    .description("Works with container networks by hand, and with the plugins that make them.")
    .version(build.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command, with examples")
    .usage("COMMAND [OPTION...] [ARGUMENT...]")
    .showHelpAfterError(`Try "patchbay help".`)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out.write,
      writeErr: terminal.err.write,
      getOutHasColors: () => terminal.out.hasColours,
      getErrHasColors: () => terminal.err.hasColours,
      outputError: (text, write) =>
        write(text.replace(/^error:/, terminal.err.style("bad", "error:"))),
    })
    .configureHelp({
      styleTitle: (text) => terminal.out.style("title", text),
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(termOf)].join(" "),
    });
  addNetworkCommands(program, context);
  addFirewallCommands(program, context);
  addLintCommand(program, context);
  addInstallCommands(program, context);
  addLogCommand(program, context);
  addCompletionCommands(program, context);
  program.helpCommand("help [COMMAND]", "explain a command, with examples");
  return program;
}

/** As in manual pages: a required argument is bare, an optional one in brackets. */
function termOf(argument: Argument): string {
  return argument.required ? argument.name() : `[${argument.name()}]`;
}
