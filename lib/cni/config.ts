import { writeStderr } from "../sys/stdio.ts";
import { pickMembers, type Warn } from "./config-keys.ts";
import type { ConfigShape, Limits, Members, Shape } from "./config-shape.ts";
import { invalidConfig } from "./error.ts";
import { describeJson, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/**
 * Checks a network configuration against what a plugin understands. Keys match without regard to
 * case and `null` means absent, as in Go, where the configurations come from; types are strict, so
 * "1500" is no number. Keys that the shape does not know belong to somebody else and are passed
 * over; one that looks like a slip of the pen is warned of.
 *
 * @param options.warn takes a line for people; stderr if not given
 * @throws {CniError} code 7, naming the key, its value and what would be right
 */
export function parseConfig<Output>(
  shape: ConfigShape<Output>,
  document: JsonObject,
  options: { readonly warn?: Warn } = {},
): Output {
  const problems: ConfigProblem[] = [];
  const warn = options.warn ?? ((line) => writeStderr(`${line}\n`));
  const config = readValue(shape, document, { path: "", problems, warn });
  const [first, ...others] = problems;
  if (first === undefined) return config as Output; // what the type of a ConfigShape stands for
  const details = others.map(({ text }) => text).join("; ");
  throw invalidConfig(`invalid configuration: ${first.text}`, details);
}

/** Something in a configuration that is not as its shape has it. */
export interface ConfigProblem {
  /** As people write it: "" for the document, `runtimeConfig.portMappings[0].hostPort`. */
  readonly path: string;
  /** Names the path, its value and what would be right. */
  readonly text: string;
}

/** Finds all that {@link parseConfig} would refuse, for who wants to know where it is. */
export function findConfigProblems(shape: Shape, document: JsonObject): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  readValue(shape, document, { path: "", problems, warn: () => undefined });
  return problems;
}

interface Place {
  /** As people write it: "" for the document, `runtimeConfig.portMappings[0].hostPort`. */
  readonly path: string;
  /** Of the whole document, in the order they are found in. */
  readonly problems: ConfigProblem[];
  readonly warn: Warn;
}

/** @returns what the plugin gets; undefined when the value is absent, or of the wrong kind */
function readValue(
  shape: Shape,
  value: JsonValue | undefined,
  place: Place,
): JsonValue | undefined {
  if (value === undefined) return readAbsent(shape, place);
  switch (shape.kind) {
    case "any":
      return value;
    case "boolean":
    case "string":
      if (typeof value === shape.kind) return value;
      break;
    case "enum":
      if (shape.values.some((known) => known === value)) return value;
      break;
    case "int":
    case "number":
      if (typeof value === "number" && Number.isFinite(value))
        return readNumber(shape, value, place);
      break;
    case "list":
      if (Array.isArray(value)) return readList(shape, value, place);
      break;
    case "map":
      if (isJsonObject(value)) return readMap(shape.value, value, place);
      break;
    case "object":
      if (isJsonObject(value)) return readObject(shape.members, value, place);
      break;
    case "union": {
      const option = shape.options.find(({ kind }) => kind === kindOf(value));
      if (option !== undefined) return readValue(option, value, place);
    }
  }
  complain(value, whatWouldBeRight(shape), place);
  return undefined;
}

function readAbsent(shape: Shape, { path, problems }: Place): JsonValue | undefined {
  if (shape.fallback === undefined && !shape.isOptional) {
    const text = `"${path}" is missing, it must be ${whatWouldBeRight(shape)}`;
    problems.push({ path, text });
  }
  return shape.fallback;
}

/** Those that a JavaScript number tells from their neighbours. */
const safeIntegers = {
  min: { value: Number.MIN_SAFE_INTEGER, text: "" },
  max: { value: Number.MAX_SAFE_INTEGER, text: "" },
};

function readNumber(shape: Shape & Limits, value: number, place: Place): number {
  if (shape.kind === "int") {
    if (!Number.isInteger(value)) complain(value, "a whole number", place);
    else expectWithin(safeIntegers, value, value, place);
  }
  expectWithin(shape, value, value, place);
  return value;
}

type ListShape = Shape & { readonly kind: "list" };

function readList(shape: ListShape, list: readonly JsonValue[], place: Place): JsonValue {
  expectWithin(shape, list.length, list, place);
  return list
    .map((element, index) =>
      readValue(shape.element, element, { ...place, path: `${place.path}[${index}]` }),
    )
    .filter((element) => element !== undefined);
}

/** The keys of a map are the administrator's own: they stay as they are. */
function readMap(shape: Shape, map: JsonObject, place: Place): JsonObject {
  return readMembers(
    Object.entries(map).flatMap(([key, value]) => (value === null ? [] : { key, shape, value })),
    place,
  );
}

function readObject(members: Members, object: JsonObject, place: Place): JsonObject {
  const given = pickMembers(members, object, place);
  return readMembers(
    Object.entries(members).map(([key, shape]) => ({ key, shape, value: given.get(key) })),
    place,
  );
}

interface Member {
  readonly key: string;
  readonly shape: Shape;
  readonly value: JsonValue | undefined;
}

function readMembers(members: readonly Member[], place: Place): JsonObject {
  const prefix = place.path === "" ? "" : `${place.path}.`;
  return Object.fromEntries(
    members.flatMap(({ key, shape, value }) => {
      const read = readValue(shape, value, { ...place, path: prefix + key });
      return read === undefined ? [] : [[key, read]];
    }),
  );
}

/** @param measure of the value: itself, or its length */
function expectWithin({ min, max }: Limits, measure: number, value: JsonValue, place: Place): void {
  const what = Array.isArray(value) ? "a list of " : "";
  if (min !== undefined && measure < min.value) {
    complain(value, `${what}at least ${min.value}`, place, min.text);
  }
  if (max !== undefined && measure > max.value) {
    complain(value, `${what}at most ${max.value}`, place, max.text);
  }
}

/** @param text says in words of its own what is wrong */
function complain(value: JsonValue, right: string, { path, problems }: Place, text = ""): void {
  const described = describeJson(value);
  problems.push({
    path,
    text:
      text === ""
        ? `"${path}" must be ${right}, not ${described}`
        : `"${path}" is ${described}: ${text}`,
  });
}

/** @returns how a value would have passed, to be read after "must be" */
function whatWouldBeRight(shape: Shape): string {
  switch (shape.kind) {
    case "enum":
      return shape.values.map((value) => JSON.stringify(value)).join(" or ");
    case "union":
      return shape.options.map(whatWouldBeRight).join(" or ");
    default:
      return kindTexts[shape.kind];
  }
}

const kindTexts = {
  any: "there",
  boolean: "true or false",
  int: "a number",
  list: "a list",
  map: "an object",
  number: "a number",
  object: "an object",
  string: "a string",
} as const;

/** @returns the kind of shape that has such values, among those that a union can have */
function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return "list";
  return typeof value === "number" ? "int" : typeof value;
}
