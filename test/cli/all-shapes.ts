import { loadPluginSchemas } from "../../build/plugin-schemas.ts";
import { configShape, type Shape } from "../../lib/cni/config-shape.ts";

/** A macro. @returns what each plugin's configuration may be, by plugin name */
export async function allShapes(): Promise<Record<string, Shape>> {
  const schemas = [...(await loadPluginSchemas())];
  return Object.fromEntries(schemas.map(([name, schema]) => [name, configShape(schema)]));
}
