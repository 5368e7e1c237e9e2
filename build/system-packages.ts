/**
 * The Debian packages that the demonstration, the tests, the VM and the benchmarks need, and the
 * container runtimes that are tested with: the only list there is. `npm run packages -- test vm`
 * installs two groups of it.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

export interface SystemPackage {
  readonly name: string;
  /** A program on PATH, or a path: there when the package is. */
  readonly provides: string;
  readonly why: string;
}

const demo: readonly SystemPackage[] = [
  { name: "iproute2", provides: "bridge", why: "makes namespaces, shows links and addresses" },
  { name: "iputils-ping", provides: "ping", why: "asks a container whether it is there" },
  { name: "nftables", provides: "nft", why: "shows packet rules; the oracle for ours" },
];

const test: readonly SystemPackage[] = [
  ...demo,
  { name: "iptables", provides: "iptables-restore", why: "the other firewall backend" },
  { name: "conntrack", provides: "conntrack", why: "shows and makes connection entries" },
  {
    name: "containernetworking-plugins",
    provides: "/usr/lib/cni/host-local",
    why: "the reference suite, in Go: the oracle for behaviour",
  },
  { name: "zsh", provides: "zsh", why: "completes the words of patchbay" },
  { name: "fish", provides: "fish", why: "completes the words of patchbay" },
  { name: "strace", provides: "strace", why: "proves which files and messages a plugin touches" },
];

const vm: readonly SystemPackage[] = [
  { name: "qemu-system-x86", provides: "qemu-system-x86_64", why: "runs Debian's kernel" },
  { name: "busybox-static", provides: "busybox", why: "the first program inside" },
  { name: "cpio", provides: "cpio", why: "packs the first file system" },
  { name: "kmod", provides: "depmod", why: "sorts the kernel's modules" },
  { name: "xz-utils", provides: "xz", why: "unpacks kernels and modules" },
  { name: "zstd", provides: "zstd", why: "unpacks the kernels of newer releases" },
];

const runtimes: readonly SystemPackage[] = [
  ...test,
  { name: "containerd", provides: "containerd", why: "a container runtime, as the kubelet has it" },
  { name: "runc", provides: "runc", why: "starts the containers" },
  { name: "podman", provides: "podman", why: "another container runtime" },
  { name: "conmon", provides: "conmon", why: "watches podman's containers" },
  { name: "busybox-static", provides: "busybox", why: "all that is in the containers" },
];

const release: readonly SystemPackage[] = [
  { name: "qemu-user-static", provides: "qemu-aarch64-static", why: "tries out what is for arm64" },
  {
    name: "libc6-arm64-cross",
    provides: "/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
    why: "what is for arm64 needs it",
  },
];

const bench: readonly SystemPackage[] = [
  ...test,
  { name: "time", provides: "/usr/bin/time", why: "tells how much memory a process had" },
];

export const packageGroups = { demo, test, vm, runtimes, release, bench } as const;
export type PackageGroup = keyof typeof packageGroups;

/**
 * Installs what is missing of some groups, and says so on stderr.
 *
 * @throws when it cannot, saying what to install by hand
 */
export function ensureSystemPackages(...groups: readonly PackageGroup[]): void {
  const wanted = groups.flatMap((group) => packageGroups[group]);
  const missing = wanted.filter(({ provides }) => !isThere(provides));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(({ name }) => name))];
  const command = `apt-get install ${names.join(" ")}`;
  if (!isThere("apt-get")) throw new Error(`Missing: ${describeAll(missing)}. Please install them`);
  if (process.getuid?.() !== 0) throw new Error(`Missing: run "${command}" as root`);
  console.error(`Installing system packages (apt-get): ${describeAll(missing)}`);
  // Only a failure needs the package lists renewed; a fresh container image has none.
  if (install(names, "ignore")) return;
  run(["update"], 2);
  if (!install(names, 2)) throw new Error(`"${command}" failed: see above`);
}

function describeAll(packages: readonly SystemPackage[]): string {
  return packages.map(({ name, why }) => `${name} (${why})`).join(", ");
}

function install(names: readonly string[], output: "ignore" | 2): boolean {
  return run(["install", "--yes", "--no-install-recommends", ...names], output);
}

/** @param output where it speaks; never stdout, which belongs to whoever wants the packages */
function run(args: readonly string[], output: "ignore" | 2): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const stdio = ["ignore", output, output] as const;
  return spawnSync("apt-get", ["-qq", ...args], { env, stdio: [...stdio] }).status === 0;
}

function isThere(provided: string): boolean {
  const folders = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(":");
  const paths = provided.startsWith("/") ? [provided] : folders.map((f) => `${f}/${provided}`);
  return paths.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isGroup(name: string): name is PackageGroup {
  return Object.hasOwn(packageGroups, name);
}

if (import.meta.main) {
  const groups = process.argv.slice(2);
  const unknown = groups.filter((name) => !isGroup(name));
  try {
    if (unknown.length > 0) throw new Error(`No such group: ${unknown.join(", ")}`);
    ensureSystemPackages(...groups.filter(isGroup));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
