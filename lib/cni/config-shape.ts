import type {
  $ZodCheck,
  $ZodChecks,
  $ZodNumberDef,
  $ZodType,
  $ZodTypes,
  output,
} from "zod/v4/core";
import type { JsonValue } from "./json.ts";

/**
 * What a value in a configuration must be, as plain data. A zod schema is where it is written
 * down; turned into this when the executables are built, since to load zod and to construct a
 * schema takes as long as half an ADD.
 */
export type Shape = ShapeKind & {
  /** Present when the value need not be there. */
  readonly isOptional?: true;
  /** What stands for a value that is not there. */
  readonly fallback?: JsonValue;
};

type ShapeKind =
  | { readonly kind: "any" | "boolean" | "string" }
  | ({ readonly kind: "int" | "number" } & Limits)
  | { readonly kind: "enum"; readonly values: readonly (string | number | boolean)[] }
  | ({ readonly kind: "list"; readonly element: Shape } & Limits)
  | { readonly kind: "map"; readonly value: Shape }
  | { readonly kind: "object"; readonly members: Members }
  | { readonly kind: "union"; readonly options: readonly Shape[] };

export type Members = Readonly<Record<string, Shape>>;

/** Of a number, or of the length of a list. */
export interface Limits {
  readonly min?: Limit;
  readonly max?: Limit;
}

export interface Limit {
  readonly value: number;
  /** The schema's own words for what is beyond; "" for the usual ones. */
  readonly text: string;
}

declare const parsed: unique symbol;

/** The shape of documents that come out of `parseConfig` as `Output`. */
export type ConfigShape<Output> = Shape & { readonly [parsed]?: Output };

/**
 * Turns a schema into its shape. To be called by a macro, when the executables are built.
 *
 * @throws {TypeError} when the schema says what a shape cannot, so that nothing goes unchecked
 */
export function configShape<Schema extends $ZodType>(schema: Schema): ConfigShape<output<Schema>> {
  return shapeOf(schema);
}

function shapeOf(schema: $ZodType): Shape {
  // zod types schemas by what they check; this union of all kinds is its way to look inside.
  const { def } = (schema as $ZodTypes)._zod;
  switch (def.type) {
    case "any":
    case "unknown":
      return { kind: "any", isOptional: true };
    case "optional":
      return { ...shapeOf(def.innerType), isOptional: true };
    case "default":
      return { ...shapeOf(def.innerType), fallback: def.defaultValue as JsonValue };
    default:
      return kindOf(def);
  }
}

function kindOf(def: $ZodTypes["_zod"]["def"]): ShapeKind {
  const checks = def.checks ?? [];
  if (def.type === "number") return { kind: numberKind(def), ...limitsOf(checks) };
  if (def.type === "array") {
    return { kind: "list", element: shapeOf(def.element), ...limitsOf(checks) };
  }
  if (checks.length > 0 || "format" in def) throw inexpressible(`checks of a ${def.type}`);
  switch (def.type) {
    case "boolean":
    case "string":
      return { kind: def.type };
    case "enum":
      return { kind: "enum", values: Object.values(def.entries) };
    case "object":
      if (def.catchall !== undefined) throw inexpressible("an object that minds unknown keys");
      return { kind: "object", members: membersOf(def.shape) };
    case "record":
      return { kind: "map", value: shapeOf(def.valueType) };
    case "union":
      return { kind: "union", options: optionsOf(def.options) };
    default:
      throw inexpressible(`a schema of type "${def.type}"`);
  }
}

function numberKind(def: $ZodNumberDef): "int" | "number" {
  if (!("format" in def)) return "number";
  if (def.format === "safeint") return "int";
  throw inexpressible(`a number of format "${def.format}"`);
}

function membersOf(shape: Readonly<Record<string, $ZodType>>): Members {
  return Object.fromEntries(Object.entries(shape).map(([key, each]) => [key, shapeOf(each)]));
}

/** Which one is meant must be plain from the kind of value that is there. */
function optionsOf(schemas: readonly $ZodType[]): readonly Shape[] {
  const options = schemas.map((each) => shapeOf(each));
  const kinds = new Set(options.map(({ kind }) => kind));
  const isPlain = [...kinds].every((kind) => /^(boolean|string|int|list|object)$/.test(kind));
  if (!isPlain || kinds.size < options.length) throw inexpressible("a union of like schemas");
  return options;
}

function limitsOf(checks: readonly $ZodCheck[]): Limits {
  const limits = checks.map(limitOf);
  const all: Limits = Object.assign({}, ...limits);
  if (Object.keys(all).length < limits.length) throw inexpressible("two limits of one kind");
  return all;
}

function limitOf(check: $ZodCheck): Limits {
  const { def } = (check as $ZodChecks)._zod;
  const text = def.error === undefined ? "" : String(def.error(undefined as never));
  if (def.check === "greater_than" && def.inclusive) return { min: limit(def.value, text) };
  if (def.check === "less_than" && def.inclusive) return { max: limit(def.value, text) };
  if (def.check === "min_length") return { min: limit(def.minimum, text) };
  if (def.check === "max_length") return { max: limit(def.maximum, text) };
  throw inexpressible(`the check "${def.check}"`);
}

function limit(value: unknown, text: string): Limit {
  return { value: Number(value), text };
}

function inexpressible(what: string): TypeError {
  return new TypeError(`A configuration cannot have ${what}: check it after parsing`);
}
