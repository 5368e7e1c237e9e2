import { CommanderError } from "commander";
import { isErrno } from "../sys/errno.ts";
import type { Build, Context } from "./context.ts";
import { ExitStatus } from "./exit-status.ts";
import { exitStatusOf, reportFailure } from "./failure-report.ts";
import { createProgram } from "./program.ts";
import { openTerminal } from "./terminal.ts";

/**
 * The operator's tool.
 *
 * @param args the command line after the program's name
 * @returns the exit status
 */
export async function main(args: readonly string[], build: Build): Promise<number> {
  const variables = process.env;
  const context: Context = { build, terminal: openTerminal(variables), variables };
  try {
    await createProgram(context).parseAsync([...args], { from: "user" });
    return ExitStatus.ok;
  } catch (error) {
    // Commander has said already what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitStatus.usage;
    if (isErrno(error, "EPIPE")) return ExitStatus.brokenPipe;
    const status = exitStatusOf(error);
    reportFailure(context.terminal.err, error);
    const isExplained = error instanceof Error && error.message === "";
    if (status === ExitStatus.failure && !isExplained) remindOfRoot(context);
    return status;
  }
}

/** Namespaces, plugins and the cache are root's; what the kernel says of it is short. */
function remindOfRoot({ terminal: { err } }: Context): void {
  if (process.geteuid?.() === 0) return;
  err.write(`${err.style("strong", "hint:")} You are not root. Most of this needs to be.\n`);
}
