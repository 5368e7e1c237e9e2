/**
 * The first thing every npm script runs: `node build/run.mjs PROGRAM.ts [ARGUMENT...]`. On a fresh
 * machine there is nothing but Node, hence plain JavaScript and no dependency: it installs the npm
 * packages if they are missing or not those of the lock file, then runs the program under Bun.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Packages that npm may leave out: those for other platforms. */
function isOptional(entry) {
  return entry.optional === true || entry.devOptional === true;
}

function isInstalled() {
  // npm keeps a copy of the lock file of what it installed; the same versions mean nothing to do.
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(want).every(
    ([path, entry]) =>
      path === "" || isOptional(entry) || have[path]?.integrity === entry.integrity,
  );
}

function install() {
  console.error("Installing npm packages (npm ci) …");
  const { status } = spawnSync("npm", ["ci", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, "inherit"],
  });
  if (status !== 0) fail('"npm ci" failed: see above');
}

/**
 * The executable inside the platform's package. Not node_modules/.bin/bun: an install script puts
 * that in place, and .npmrc keeps every package's install scripts from running.
 */
function findBun() {
  const arch = { x64: "x64", arm64: "aarch64" }[process.arch];
  const candidates = ["", "-musl"].map((libc) =>
    join(root, `node_modules/@oven/bun-linux-${arch}${libc}/bin/bun`),
  );
  const found = candidates.find((path) => existsSync(path));
  if (process.platform === "linux" && found !== undefined) return found;
  return fail(
    `Bun is not installed for ${process.platform} on ${process.arch}; expected ${candidates[0]}. ` +
      'Did npm omit optional packages? Try "npm ci --include=optional".',
  );
}

function fail(message) {
  console.error(`patchbay: ${message}`);
  process.exit(1);
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`Node ${process.versions.node} is too old: 20 or newer is needed`);
}
if (!isInstalled()) install();

const child = spawn(findBun(), process.argv.slice(2), { cwd: root, stdio: "inherit" });
// The terminal sends these to both; the program cleans up, so it is the one to end first.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
