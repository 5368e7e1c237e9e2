import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { compileExecutable, names } from "../executables.ts";
import type { Platform } from "./platforms.ts";
import { runTool } from "./tool.ts";

const documents = ["LICENSE", "README.md"];

/**
 * Makes the executable of a platform, under all of its names, in an empty folder.
 *
 * @param runtime the platform's Bun
 */
export async function buildPlatform(
  platform: Platform,
  runtime: string,
  folder: string,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [first = "", ...others] = names;
  const { target } = platform;
  await compileExecutable(join(folder, first), { target, executablePath: runtime });
  for (const name of others) linkSync(join(folder, first), join(folder, name));
  for (const name of documents) copyFileSync(name, join(folder, name));
}

/**
 * Packs a folder so that the same files give the same bytes. The executable is in there once; its
 * other names are hard links to it, also when somebody unpacks them into /opt/cni/bin.
 *
 * @param seconds since 1970: how old all files are
 */
export function packFolder(folder: string, archive: string, seconds: number): void {
  const tar = archive.replace(/\.tgz$/, ".tar");
  runTool("tar", [
    ...["--create", "--file", tar, "--directory", folder, "--format", "ustar"],
    ...["--sort", "name", "--mtime", `@${seconds}`, "--mode", "u=rwX,go=rX"],
    ...["--owner", "root:0", "--group", "root:0", "."],
  ]);
  writeFileSync(archive, gzipSync(readFileSync(tar), { level: 6 }));
  rmSync(tar);
}
