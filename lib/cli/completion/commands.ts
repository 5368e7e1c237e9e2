import { Argument, type Command } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import { completionScript, type Shell, shells } from "./scripts.ts";

/** `patchbay completion`, and `patchbay complete`, which the shells ask. */
export function addCompletionCommands(program: Command, context: Context): void {
  const { out } = context.terminal;
  program.commandsGroup("This tool:");
  program
    .command("completion")
    .addArgument(new Argument("<SHELL>", "the shell").choices(shells))
    .summary("print what a shell needs to complete patchbay's words")
    .description(
      "Prints what a shell needs to complete commands, options, networks and namespaces.",
    )
    .addHelpText(
      "after",
      formatExamples([
        ["source <(patchbay completion bash)", "for this session; zsh likewise"],
        ["patchbay completion fish | source", "the same for fish"],
      ]),
    )
    .action((shell: Shell) => out.write(completionScript(shell)));

  program
    .command("complete", { hidden: true })
    .argument("[WORD...]")
    .action(async (words: readonly string[]) => {
      const { completeWords } = await import("./candidate.ts");
      const { completeValue } = await import("./values.ts");
      const completion = completeWords(program, words, (slot) =>
        completeValue(context, program, slot),
      );
      if (completion === "files") out.write(":files\n");
      else
        out.write(
          completion.map(({ value, description }) => `${value}\t${description}\n`).join(""),
        );
    });
}
