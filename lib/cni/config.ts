import * as z from "zod/mini";
import { writeStderr } from "../sys/stdio.ts";
import { matchKeys } from "./config-keys.ts";
import { type CniError, invalidConfig } from "./error.ts";
import { describeJson, type JsonObject } from "./json.ts";

/**
 * Checks a network configuration against what a plugin understands. Keys match without regard to
 * case and `null` means absent, as in Go, where the configurations come from; types are strict, so
 * "1500" is no number. Keys that the schema does not know belong to somebody else and are passed
 * over; one that looks like a slip of the pen is warned of.
 *
 * @param options.warn takes a line for people; stderr if not given
 * @throws {CniError} code 7, naming the key, its value and what would be right
 */
export function parseConfig<Schema extends z.core.$ZodType>(
  schema: Schema,
  document: JsonObject,
  options: { readonly warn?: (line: string) => void } = {},
): z.output<Schema> {
  const warn = options.warn ?? ((line) => writeStderr(`${line}\n`));
  const matched = matchKeys(schema, document, warn);
  const parsed = z.safeParse(schema, matched, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw explain(parsed.error.issues);
}

function explain(issues: readonly z.core.$ZodIssue[]): CniError {
  const [first = "", ...others] = issues.map(explainIssue);
  return invalidConfig(`invalid configuration: ${first}`, others.join("; "));
}

/** zod/mini comes without texts: this is what it says unless a schema brought its own. */
const noText = "Invalid input";

function explainIssue(issue: z.core.$ZodIssue): string {
  const key = JSON.stringify(formatPath(issue.path));
  const value = describeJson(issue.input);
  if (issue.message !== noText) {
    return issue.path.length === 0 ? issue.message : `${key} is ${value}: ${issue.message}`;
  }
  const right = whatWouldBeRight(issue);
  if (issue.input === undefined) return `${key} is missing, it must be ${right}`;
  return `${key} must be ${right}, not ${value}`;
}

/** @returns a path as people write it: `runtimeConfig.portMappings[0].hostPort` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

const typeNames: { readonly [type: string]: string } = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

/** @returns how a value would have passed, to be read after "must be" */
function whatWouldBeRight(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "too_small":
      return amount("at least", issue.minimum, issue.origin);
    case "too_big":
      return amount("at most", issue.maximum, issue.origin);
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "invalid_union":
      return issue.errors
        .flatMap(([first]) => (first === undefined ? [] : whatWouldBeRight(first)))
        .join(" or ");
    case "invalid_format":
      return issue.pattern === undefined ? `a valid ${issue.format}` : `like ${issue.pattern}`;
    default:
      return "something else";
  }
}

function amount(limit: string, count: number | bigint, of: string): string {
  if (of === "string") return `${limit} ${count} characters long`;
  return of === "array" ? `a list of ${limit} ${count}` : `${limit} ${count}`;
}
