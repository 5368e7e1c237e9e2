import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { execa } from "execa";
import { isErrno } from "../../sys/errno.ts";
import { CliError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Layout } from "./layout.ts";

/**
 * Puts an executable under all its names into the staging directory and proves that each works
 * there: on this file system, with this kernel, under that name.
 *
 * @param source the executable
 */
export async function stage(
  { staging }: Pick<Layout, "staging">,
  source: string,
  names: readonly string[],
): Promise<void> {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging);
  const [first, ...others] = names;
  if (first === undefined) return;
  const file = `${staging}/${first}`;
  if (!isSafe(statSync(source)) || !tryLink(source, file)) copyExecutable(source, file);
  for (const name of others) linkSync(file, `${staging}/${name}`);
  for (const name of names) await expectRuns(staging, name);
}

/** Runtimes execute plugins as root: the file must not be one that somebody else can write to. */
function isSafe({ uid, mode }: Stats): boolean {
  const WRITABLE_BY_OTHERS = 0o022;
  return uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0;
}

/**
 * Only the kernel knows whether a link can be made: between two mounts of one file system it cannot,
 * as when a container that installs plugins has the node's directory mounted.
 */
function tryLink(source: string, file: string): boolean {
  try {
    linkSync(source, file);
    return true;
  } catch (error) {
    if (isErrno(error, "EXDEV")) return false;
    throw error;
  }
}

function copyExecutable(source: string, file: string): void {
  copyFileSync(source, file, constants.COPYFILE_FICLONE);
  const fd = openSync(file, "r");
  try {
    fchmodSync(fd, 0o755);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function expectRuns(staging: string, name: string): Promise<void> {
  const isTool = name === "patchbay";
  const { exitCode, stdout, shortMessage } = await execa(
    `${staging}/${name}`,
    isTool ? ["--version"] : [],
    {
      env: { CNI_COMMAND: "VERSION", CNI_PATH: staging },
      reject: false,
      timeout: 30_000,
      input: "",
    },
  );
  if (exitCode === 0 && (isTool || stdout.includes('"supportedVersions"'))) return;
  throw new CliError(
    ExitStatus.failure,
    `"${name}" does not run in ${staging}: ${stdout || shortMessage}`,
    "Nothing was changed. Is the file system mounted with noexec?",
  );
}
