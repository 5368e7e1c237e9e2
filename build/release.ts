/**
 * `npm run release [-- [--verify] PLATFORM...]`: leaves in dist/release, for every platform or those
 * that are named, a tarball of the executables, its bill of materials, and SHA256SUMS. With
 * --verify it makes all of it twice, and compares.
 *
 * The same sources give the same bytes on any machine with the same npm and Node: all files are as
 * old as the last commit, or as SOURCE_DATE_EPOCH says.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { version } from "../package.json";
import { describeMaterials } from "./release/bill-of-materials.ts";
import { fetchBunRuntime } from "./release/bun-runtime.ts";
import { type Platform, platforms } from "./release/platforms.ts";
import { buildPlatform, packFolder } from "./release/tarball.ts";
import { runTool } from "./release/tool.ts";
import { tryOut } from "./release/try-out.ts";
import { ensureSystemPackages } from "./system-packages.ts";

const target = "dist/release";

function choosePlatforms(wanted: readonly string[]): readonly Platform[] {
  const unknown = wanted.filter((name) => !platforms.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`No such platform: ${unknown.join(", ")}`);
  return platforms.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

/** @returns when the sources are from, in seconds since 1970 */
function sourceDate(): number {
  const told = process.env["SOURCE_DATE_EPOCH"];
  return Number(told ?? runTool("git", ["log", "-1", "--format=%ct"]));
}

/** @returns the files that were made */
async function release(platform: Platform, runtime: string, folder: string): Promise<string[]> {
  const name = `patchbay-${platform.name}-v${version}`;
  const [archive, bill] = [join(folder, `${name}.tgz`), join(folder, `${name}.cdx.json`)];
  const staging = join(folder, platform.name);
  const seconds = sourceDate();
  await buildPlatform(platform, runtime, staging);
  const obstacle = tryOut(platform, staging);
  if (obstacle !== undefined) console.log(`${name}: not tried out here: ${obstacle}`);
  packFolder(staging, archive, seconds);
  rmSync(staging, { recursive: true });
  writeFileSync(bill, describeMaterials(platform, seconds));
  return [archive, bill];
}

function sumOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function expectSame(files: readonly string[], again: readonly string[]): void {
  for (const [index, file] of files.entries()) {
    const other = again[index] ?? "";
    if (sumOf(file) === sumOf(other)) continue;
    throw new Error(`"${basename(file)}" was made twice, and differs: see ${file} and ${other}`);
  }
}

/** Without them less is tried out, and it is said. */
function prepareEmulators(): void {
  try {
    ensureSystemPackages("release");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const chosen = choosePlatforms(args.filter((arg) => arg !== "--verify"));
  prepareEmulators();
  const scratch = mkdtempSync(join(tmpdir(), "patchbay-release-"));
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const sums: string[] = [];
  for (const platform of chosen) {
    const runtime = fetchBunRuntime(platform, scratch);
    const files = await release(platform, runtime, target);
    if (args.includes("--verify")) expectSame(files, await release(platform, runtime, scratch));
    sums.push(...files.map((file) => `${sumOf(file)}  ${basename(file)}\n`));
    console.log(`${target}: ${files.map((file) => basename(file)).join(", ")}`);
  }
  writeFileSync(join(target, "SHA256SUMS"), sums.join(""));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
