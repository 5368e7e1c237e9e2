/** `npm run layers`: names every import that does not point down. See the README for the layers. */
import { findOffences } from "./layer-rules.ts";

const folders = ["plugins", "ipam", "lib"];
const files = folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.ts`).scanSync()]).sort();
const sources = new Map<string, string>();
for (const file of files) sources.set(file, await Bun.file(file).text());

const offences = findOffences(sources);
for (const { file, line, reason } of offences) console.error(`${file}:${line}: ${reason}`);
if (offences.length > 0) process.exitCode = 1;
else console.log(`Imports of ${files.length} files point down`);
