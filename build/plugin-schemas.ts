import { existsSync } from "node:fs";
import type { $ZodType } from "zod/v4/core";
import { pluginNames } from "../plugins/names.ts";

/**
 * Finds the schema of every plugin's configuration: the export of `schema.ts` in the plugin's
 * folder that is called after it. A plugin without one has nothing to be configured.
 *
 * @returns by plugin name
 */
export async function loadPluginSchemas(): Promise<ReadonlyMap<string, $ZodType>> {
  const schemas = new Map<string, $ZodType>();
  for (const name of pluginNames) {
    const file = findSchemaFile(name);
    if (file === undefined) continue;
    const module: Readonly<Record<string, unknown>> = await import(file);
    schemas.set(name, expectSchema(module[`${camelCase(name)}Schema`], file));
  }
  return schemas;
}

function findSchemaFile(name: string): string | undefined {
  const root = `${import.meta.dirname}/..`;
  const files = ["plugins", "ipam"].map((folder) => `${root}/${folder}/${name}/schema.ts`);
  return files.find((file) => existsSync(file));
}

function expectSchema(value: unknown, file: string): $ZodType {
  if (isSchema(value)) return value;
  throw new Error(`${file} does not export the schema that is called after its plugin`);
}

function isSchema(value: unknown): value is $ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/** "host-local" → "hostLocal" */
function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
