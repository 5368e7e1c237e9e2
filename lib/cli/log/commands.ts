import { type Command, InvalidArgumentError } from "commander";
import type { Context } from "../context.ts";
import { formatExamples } from "../help.ts";
import type { LogOptions } from "./log.ts";

const defaultFile = "/var/log/patchbay.log";

/** `patchbay log`. */
export function addLogCommand(program: Command, context: Context): void {
  program
    .command("log")
    .argument("[FILE]", `the log (default: PATCHBAY_LOG, or ${defaultFile})`)
    .summary("show what plugins did, and what took how long")
    .description(
      "Shows the log of plugin calls. Plugins of patchbay write it when PATCHBAY_LOG=FILE is in the " +
        'environment of their runtime, or "log": {"file": FILE} in their configuration; PATCHBAY_LOG_LEVEL ' +
        'and "level" may be "error", "info" or "debug".',
    )
    .option("--network <NAME>", "only calls for this network")
    .option("--container <ID>", "only calls for this container; the beginning of its ID will do")
    .option("--trace <ID>", "only calls of this trace (TRACEPARENT)")
    .option("--errors", "only calls that failed")
    .option("--slow <MS>", "only calls that took this many milliseconds or more", parseNumber)
    .option("-n, --last <N>", "only the last ones", parseNumber)
    .option("--steps", "also show each step, and how long it took")
    .option("-f, --follow", "go on with what is logged from now on")
    .option("--json", "print the lines as they are")
    .addHelpText(
      "after",
      formatExamples([
        ["patchbay log --errors -n 20", "what went wrong lately?"],
        ["patchbay log --slow 100 --steps", "what takes so long?"],
        ["patchbay log --container 3f2a91 --follow", "watch one container"],
      ]),
    )
    .action(async (file: string | undefined, options: LogOptions) => {
      const { log } = await import("./log.ts");
      await log(context, file ?? (context.variables["PATCHBAY_LOG"] || defaultFile), options);
    });
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0) return number;
  throw new InvalidArgumentError("It must be a number.");
}
