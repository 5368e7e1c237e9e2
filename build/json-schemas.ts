import * as z from "zod/mini";
import type { $ZodType } from "zod/v4/core";
import { specVersions } from "../lib/cni/version.ts";

type Json = Readonly<Record<string, unknown>>;

const dialect = "https://json-schema.org/draft/2020-12/schema";

/**
 * Makes JSON schemas for editors out of the schemas that plugins parse with: one per plugin, and
 * `conflist`, for whole networks, which refers to them.
 *
 * @returns by file name without extension
 */
export function jsonSchemasOf(plugins: ReadonlyMap<string, $ZodType>): ReadonlyMap<string, Json> {
  const names = [...plugins.keys()];
  const documents = [...plugins].map(
    ([name, schema]) => [name, pluginSchema(name, schema)] as const,
  );
  return new Map([...documents, ["conflist", conflistSchema(names)]]);
}

function pluginSchema(name: string, schema: $ZodType): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return { $schema, title: `Configuration of ${name}`, ...rest };
}

/** What libcni itself understands: the same rules as in lib/cli/runtime/conflist.ts. */
function conflistSchema(names: readonly string[]): Json {
  const flag = {
    anyOf: [
      { type: "boolean" },
      { type: "string", pattern: "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$" },
    ],
  };
  const version = { type: "string", enum: [...specVersions] };
  return {
    $schema: dialect,
    title: "A network: CNI configuration list",
    type: "object",
    required: ["name"],
    properties: {
      $schema: { type: "string" },
      cniVersion: { ...version, description: "Version of the CNI specification; 0.1.0 if absent" },
      cniVersions: {
        type: "array",
        items: { type: "string", pattern: "^(\\d+(\\.\\d+){0,2})?$" },
        description:
          "Versions that all plugins speak; the newest that the runtime speaks too is used",
      },
      name: {
        type: "string",
        pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$",
        description: "Name of the network, unique on a node",
      },
      disableCheck: { ...flag, description: "The runtime must not call CHECK" },
      disableGC: { ...flag, description: "The runtime must not call GC" },
      loadOnlyInlinedPlugins: {
        ...flag,
        description: "Plugins in files of the directory NAME beside this file are not added",
      },
      plugins: {
        type: "array",
        minItems: 1,
        items: { $ref: "#/$defs/plugin" },
        description: "Plugins in the order of ADD",
      },
    },
    $defs: { plugin: anyPluginSchema(names) },
  };
}

function anyPluginSchema(names: readonly string[]): Json {
  return {
    type: "object",
    required: ["type"],
    properties: {
      type: {
        type: "string",
        pattern: "^[^/]+$",
        description: "Name of the plugin's executable",
      },
      capabilities: {
        type: "object",
        additionalProperties: { type: "boolean" },
        description: "What of the runtime's offers the plugin is to get, such as portMappings",
      },
      ipam: {
        type: "object",
        properties: { type: { type: "string", description: "Name of the IPAM plugin" } },
      },
      log: logSchema,
    },
    allOf: names.flatMap((name) => [when({ type: { const: name } }, name), whenIpam(name)]),
  };
}

const logSchema = {
  type: "object",
  properties: {
    file: { type: "string", pattern: "^/", description: "Each call of the plugin adds a line" },
    level: { type: "string", enum: ["error", "info", "debug"], description: "info if absent" },
  },
  description: "Where the plugin logs its calls (plugins of patchbay only)",
};

function when(properties: Json, name: string): Json {
  return {
    if: { properties, required: Object.keys(properties) },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: `${name}.json` },
  };
}

/** An IPAM plugin reads the configuration of the plugin that calls it. */
function whenIpam(name: string): Json {
  const type = { type: { const: name } };
  return when({ ipam: { type: "object", properties: type, required: ["type"] } }, name);
}
