import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bunVersion, type Platform } from "./platforms.ts";
import { runTool } from "./tool.ts";

/**
 * Gets the Bun of a platform from the npm registry, or from npm's cache.
 *
 * @param folder where it may be unpacked
 * @returns the path of its executable
 * @throws when it is not the one that is expected
 */
export function fetchBunRuntime(platform: Platform, folder: string): string {
  const unpacked = join(folder, platform.package);
  mkdirSync(unpacked, { recursive: true });
  const archive = join(folder, download(platform, folder));
  const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (integrity !== platform.integrity) {
    throw new Error(
      `${platform.package}@${bunVersion} is ${integrity}; build/release/platforms.ts expects ` +
        platform.integrity,
    );
  }
  runTool("tar", ["--extract", "--file", archive, "--directory", unpacked]);
  return join(unpacked, "package/bin/bun");
}

/** @returns the name of the archive in `folder` */
function download(platform: Platform, folder: string): string {
  const wanted = `${platform.package}@${bunVersion}`;
  return runTool("npm", ["pack", "--silent", "--pack-destination", folder, wanted]).trim();
}
