/**
 * Says where and why a text is not JSON. `JSON.parse` decides; this runs only after it refused,
 * because its own words differ from engine to engine and some give no position.
 */
export interface JsonSyntaxError {
  /** Into the text, in UTF-16 code units. */
  readonly offset: number;
  readonly problem: string;
}

/** What may come next, in the words of the error. */
const expectations = {
  value: "a value",
  firstElement: 'a value or "]"',
  firstKey: 'a key in double quotes or "}"',
  key: "a key in double quotes",
  colon: '":" after the key',
  commaInObject: '"," or "}"',
  commaInList: '"," or "]"',
  end: "nothing more",
} as const;

type Expectation = keyof typeof expectations;

const whitespace = /[\t\n\r ]*/y;
/**
 * A string is written as runs of plain characters with an escape between any two: were there two ways
 * to split a run, a string with no end would be tried in each of them, which takes forever.
 */
const token =
  /[[\]{},:]|"[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*"|(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.+-])/uy;

/** @returns the first place where `text` stops being JSON, or undefined if it is */
export function findSyntaxError(text: string): JsonSyntaxError | undefined {
  const open: string[] = [];
  let expected: Expectation = "value";
  let offset = 0;
  for (;;) {
    offset += match(whitespace, text, offset)?.length ?? 0;
    if (offset === text.length && expected === "end") return undefined;
    const found = match(token, text, offset);
    const next: Expectation | undefined =
      found === undefined ? undefined : after(expected, found, open);
    if (found === undefined || next === undefined) {
      const problem = `expected ${expectations[expected]}, found ${describe(text, offset, found)}`;
      return { offset, problem };
    }
    offset += found.length;
    expected = next;
  }
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** @returns what may follow once `found` has been read where `expected` was due */
function after(expected: Expectation, found: string, open: string[]): Expectation | undefined {
  switch (expected) {
    case "value":
    case "firstElement":
      if (found === "]" && expected === "firstElement") return close(open);
      return value(found, open);
    case "firstKey":
      return found === "}" ? close(open) : key(found);
    case "key":
      return key(found);
    case "colon":
      return found === ":" ? "value" : undefined;
    case "commaInObject":
      return found === "}" ? close(open) : found === "," ? "key" : undefined;
    case "commaInList":
      return found === "]" ? close(open) : found === "," ? "value" : undefined;
    case "end":
      return undefined;
  }
}

function value(found: string, open: string[]): Expectation | undefined {
  if (found === "{" || found === "[") {
    open.push(found);
    return found === "{" ? "firstKey" : "firstElement";
  }
  return /^[\]},:]/.test(found) ? undefined : afterValue(open);
}

function key(found: string): Expectation | undefined {
  return found.startsWith('"') ? "colon" : undefined;
}

function close(open: string[]): Expectation {
  open.pop();
  return afterValue(open);
}

function afterValue(open: readonly string[]): Expectation {
  const innermost = open.at(-1);
  if (innermost === undefined) return "end";
  return innermost === "{" ? "commaInObject" : "commaInList";
}

function describe(text: string, offset: number, found: string | undefined): string {
  if (offset >= text.length) return "the end of the text";
  if (found !== undefined) return found.length > 40 ? `${found.slice(0, 37)}...` : found;
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (character === '"') return "a string with no end, a control character or a wrong escape";
  if (character === "\uFEFF") return "a byte order mark";
  if (character === "\0") return "a NUL byte";
  const [word = character] = /^[^\s,:[\]{}"]{1,20}/u.exec(text.slice(offset, offset + 40)) ?? [];
  return JSON.stringify(word);
}
