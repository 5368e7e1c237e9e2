import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { run } from "./world.ts";

/** What the figures were measured on: without that they say nothing. */
export interface Machine {
  readonly processors: string;
  readonly memory: string;
  readonly kernel: string;
  readonly bun: string;
  /** How busy it was with other things, before and after. */
  readonly load: readonly number[];
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    processors: `${cpus().length} × ${first?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}${isVirtual() ? ", virtual" : ""}`,
    bun: Bun.version,
    load: [loadavg()[0] ?? 0],
  };
}

function isVirtual(): boolean {
  return readFileSync("/proc/cpuinfo", "utf8").includes(" hypervisor");
}

/** @returns what a plugin says that it is, such as "CNI bridge plugin v1.1.1" */
export function describePlugin(program: string): string {
  const { stdout, stderr } = Bun.spawnSync([program], { env: {}, stdin: null });
  const said = `${stderr}${stdout}`.split("\n")[0]?.trim() ?? "";
  const owner = packageOf(program);
  return owner === "" ? said : `${said}, of Debian's ${owner}`;
}

/** @returns the package that a file is from and its version; "" when it is from none */
function packageOf(file: string): string {
  const [name = ""] = tryRun("dpkg-query", "--search", file).split(":");
  return name === "" ? "" : tryRun("dpkg-query", "--show", name).trim().replace("\t", " ");
}

function tryRun(...command: readonly string[]): string {
  const { exitCode, stdout } = Bun.spawnSync([...command], { stderr: "ignore" });
  return exitCode === 0 ? stdout.toString() : "";
}

/** Takes a file out of the page cache, as it is after a boot. */
export function forget(path: string): void {
  run("dd", `if=${path}`, "iflag=nocache", "count=0", "status=none");
}
