/** `npm run build`: leaves the plugins' executables in dist/bin. */
import { compile, folder, names } from "./executables.ts";

const start = performance.now();
try {
  await compile();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${folder}/{${names.join(",")}}: one executable, made in ${seconds} s`);
