import type { Argument, Command, Option } from "commander";

/** One way in which a word may go on. */
export interface Candidate {
  readonly value: string;
  /** For shells that show one. */
  readonly description: string;
}

/** "files" leaves it to the shell, which knows better. */
export type Completion = readonly Candidate[] | "files";

/** @returns what may stand for an argument or for the value of an option */
export type CompleteValue = (slot: Argument | Option) => Completion;

/**
 * Finds how a command line may go on.
 *
 * @param words after the program's name; the last is the one to be completed, and may be ""
 */
export function completeWords(
  program: Command,
  words: readonly string[],
  completeValue: CompleteValue,
): Completion {
  const current = words.at(-1) ?? "";
  const place = walk(program, words.slice(0, -1));
  const candidates = candidatesAt(place, current, completeValue);
  if (candidates === "files") return candidates;
  return candidates.filter(({ value }) => value.startsWith(current === "=" ? "" : current));
}

interface Place {
  readonly command: Command;
  /** The option that the next word is the value of. */
  readonly pending: Option | undefined;
  /** How many arguments have been given. */
  readonly index: number;
  /** False after "--". */
  readonly mayBeOption: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  const start: Place = { command: program, pending: undefined, index: 0, mayBeOption: true };
  return words.reduce(step, start);
}

function step(place: Place, word: string): Place {
  const { command, pending, index, mayBeOption } = place;
  // Bash splits "--option=value" into three words.
  if (word === "=") return place;
  if (pending !== undefined) return { ...place, pending: undefined };
  if (word === "--") return { ...place, mayBeOption: false };
  if (mayBeOption && word.startsWith("-")) return { ...place, pending: findOption(command, word) };
  const chosen =
    index === 0 ? listCommands(command).find((each) => each.name() === word) : undefined;
  return chosen === undefined ? { ...place, index: index + 1 } : { ...place, command: chosen };
}

/** @returns the option if a value has to follow */
function findOption(command: Command, word: string): Option | undefined {
  const option = command.options.find(({ long, short }) => long === word || short === word);
  return option?.required ? option : undefined;
}

function candidatesAt(
  { command, pending, index, mayBeOption }: Place,
  current: string,
  completeValue: CompleteValue,
): Completion {
  if (pending !== undefined) return completeValue(pending);
  if (mayBeOption && current.startsWith("-"))
    return command.createHelp().visibleOptions(command).flatMap(describeOption);
  if (command.commands.length > 0 && index === 0) return describeCommands(command);
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[index] ?? (last?.variadic ? last : undefined);
  return argument === undefined ? [] : completeValue(argument);
}

function describeOption({ long, description }: Option): Candidate[] {
  return long === undefined || long === null ? [] : [{ value: long, description }];
}

export function describeCommands(command: Command): Candidate[] {
  return listCommands(command).map((each) => ({
    value: each.name(),
    description: each.summary() || each.description(),
  }));
}

/** With "help", which is not among a command's own. */
function listCommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}
