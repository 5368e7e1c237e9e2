import { isatty } from "node:tty";
import { styleText } from "node:util";
import type { Variables } from "../cni/environment.ts";
import { writeStderr, writeStdout } from "../sys/stdio.ts";

/** Where the tool speaks to people: results on `out`, everything about them on `err`. */
export interface Terminal {
  readonly out: Stream;
  readonly err: Stream;
}

export interface Stream {
  /** Whether a person reads it. Programs get documents instead of sentences. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
  write(text: string): void;
  /** Gives `text` a look, where colours are wanted. */
  style(look: Look, text: string): string;
}

const looks = {
  bad: ["bold", "red"],
  warning: ["bold", "yellow"],
  good: ["bold", "green"],
  strong: ["bold"],
  faint: ["dim"],
  title: ["bold"],
} as const;

export type Look = keyof typeof looks;

export function openTerminal(variables: Variables): Terminal {
  return {
    out: openStream(1, writeStdout, variables),
    err: openStream(2, writeStderr, variables),
  };
}

function openStream(fd: number, write: (text: string) => void, variables: Variables): Stream {
  const isTerminal = isatty(fd);
  const hasColours = wantsColours(isTerminal, variables);
  return {
    isTerminal,
    hasColours,
    write,
    style: (look, text) =>
      hasColours ? styleText([...looks[look]], text, { validateStream: false }) : text,
  };
}

/** The conventions of no-color.org and force-color.org. */
function wantsColours(isTerminal: boolean, variables: Variables): boolean {
  if ((variables["NO_COLOR"] ?? "") !== "") return false;
  if (/^(?!0$|false$)./.test(variables["FORCE_COLOR"] ?? "")) return true;
  return isTerminal && variables["TERM"] !== "dumb";
}
