import type { Netns } from "../../kernel/netns.ts";
import { CommandError, execute } from "../../sys/exec.ts";
import { existsSync } from "../../sys/fs.ts";
import { insideNetns } from "../../sys/netns.ts";
import { UnusableBackendError } from "../errors.ts";

/**
 * iptables exists twice: "legacy" has tables of its own in the kernel, "nft" keeps rules in tables
 * of nf_tables. The plain name is whichever of the two the system chose.
 */
export type Variant = "chosen" | "legacy" | "nft";

type Tool = "save" | "restore";

const infixes: Readonly<Record<Variant, string>> = { chosen: "", legacy: "-legacy", nft: "-nft" };
const programFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

function programName(family: 4 | 6, tool: Tool, variant: Variant): string {
  return `${family === 4 ? "iptables" : "ip6tables"}${infixes[variant]}-${tool}`;
}

/** A runtime's PATH may lack the folders of administrators. */
function findProgram(name: string): string | undefined {
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return [...path, ...programFolders]
    .map((folder) => `${folder}/${name}`)
    .find((file) => existsSync(file));
}

export function hasIptables(): boolean {
  return findProgram(programName(4, "restore", "chosen")) !== undefined;
}

function requireProgram(family: 4 | 6, tool: Tool, variant: Variant): string {
  const name = programName(family, tool, variant);
  const file = findProgram(name) ?? findProgram(programName(family, tool, "chosen"));
  if (file !== undefined) return file;
  throw new UnusableBackendError(
    `The program "${name}" is not installed: install iptables, or set the backend to "nftables"`,
  );
}

/** @returns what `iptables-save` prints of one table */
export function save(host: Netns, family: 4 | 6, table: string, variant: Variant): string {
  return run(host, requireProgram(family, "save", variant), ["-t", table]);
}

/** Longer than any of our own changes; whoever holds the lock for longer is stuck. */
const LOCK_SECONDS = 30;

/**
 * Carries out lines as `iptables-save` prints them, without touching anything else: for each table
 * all of them, or none.
 *
 * @throws {CommandError} when one of the lines is impossible
 */
export function restore(host: Netns, family: 4 | 6, script: string, variant: Variant): void {
  const program = requireProgram(family, "restore", variant);
  run(host, program, ["--noflush", `--wait=${LOCK_SECONDS}`], script);
}

function run(host: Netns, program: string, args: readonly string[], stdin = ""): string {
  const env = { ...process.env, LC_ALL: "C" };
  const { exitCode, signal, stdout, stderr } = insideNetns(host.file, () =>
    execute(program, { args, env, stdin: Buffer.from(stdin) }),
  );
  if (exitCode === 0) return Buffer.from(stdout).toString("utf8");
  const end = exitCode === undefined ? `ended by ${signal}` : `exit status ${exitCode}`;
  throw new CommandError(program, args, end, explain(stderr));
}

/** The lines that matter; and what to do about a kernel without iptables. */
function explain(stderr: string): string {
  const text = stderr.replaceAll(/^# Warning: .*\n/gm, "").trim();
  const isMissing = /Table does not exist|do you need to insmod|Could not fetch rule set/.test(
    text,
  );
  return isMissing
    ? `${text}; load the kernel modules iptable_nat and ip6table_nat, or set the backend to "nftables"`
    : text;
}
