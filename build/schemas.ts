/** `npm run schemas`: writes the JSON schemas of conf/schema. With --check it only compares. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { jsonSchemasOf } from "./json-schemas.ts";
import { loadPluginSchemas } from "./plugin-schemas.ts";

const folder = "conf/schema";

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

mkdirSync(folder, { recursive: true });
const schemas = jsonSchemasOf(await loadPluginSchemas());
const texts = new Map(
  [...schemas].map(([name, schema]) => [
    `${name}.json`,
    `${JSON.stringify(schema, undefined, 2)}\n`,
  ]),
);
const stale = [...texts].filter(([file, text]) => readIfThere(`${folder}/${file}`) !== text);
const strangers = readdirSync(folder).filter((file) => !texts.has(file));

if (process.argv.includes("--check")) {
  for (const name of [...stale.map(([file]) => file), ...strangers]) {
    console.error(`${folder}/${name} is not what "npm run schemas" makes`);
  }
  process.exitCode = stale.length + strangers.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of stale) writeFileSync(`${folder}/${file}`, text);
  for (const file of strangers) rmSync(`${folder}/${file}`);
  console.log(`${folder}/{${[...texts.keys()].join(",")}}`);
}
