import { blankComments, findCycles, type Import, lineAt, parseImports } from "./imports.ts";

/** Something that must not be, and where. */
export interface Offence {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** A folder (or one file), the layer it is, and the layers below that it may import. */
interface Layer {
  readonly path: string;
  readonly level: number;
  readonly below: readonly number[];
}

const layers: readonly Layer[] = [
  { path: "plugins/", level: 6, below: [5, 4, 3, 0] },
  { path: "ipam/", level: 6, below: [5, 4, 3, 0] },
  { path: "lib/cli/", level: 6, below: [5, 4, 3, 0] },
  { path: "lib/cni/", level: 5, below: [4, 3, 1, 0] },
  { path: "lib/firewall/", level: 4, below: [3, 2, 1, 0] },
  { path: "lib/dhcp/", level: 4, below: [3, 2, 1, 0] },
  { path: "lib/kernel/", level: 3, below: [2, 1, 0] },
  { path: "lib/netlink/", level: 2, below: [1, 0] },
  { path: "lib/sys/", level: 1, below: [0] },
  { path: "lib/ip/", level: 0, below: [] },
  { path: "lib/undo.ts", level: 0, below: [] },
  { path: "lib/bytes.ts", level: 0, below: [] },
];

/** Entry point and plugin names: they belong to no plugin, and the entry point loads them all. */
const entryPoint = "plugins/main.ts";
const pluginNames = "plugins/names.ts";

/** The system calls that reach into the kernel's networking; the rest of lib/sys is about files. */
const networkCalls = ["lib/sys/libc.ts", "lib/sys/netns.ts"];

/** Packages with a home, and where that is; an empty home keeps everybody out. */
const homes: readonly { readonly name: RegExp; readonly home: readonly string[] }[] = [
  { name: /^bun:ffi$/, home: ["lib/sys/libc.ts"] },
  { name: /^netlink(\/|$)/, home: ["lib/netlink/"] },
  { name: /^ip-address$/, home: ["lib/ip/", "lib/cli/"] },
  { name: /^(commander|execa|@humanwhocodes\/momoa)$/, home: ["lib/cli/"] },
  { name: /^(node:)?child_process$/, home: ["lib/sys/", "lib/cli/"] },
  { name: /^zod$/, home: [] }, // zod/mini: half the time to load
  { name: /^(node:)?process$/, home: [] }, // truncates what is written to a pipe, under Bun
];

/**
 * Proves that imports point down.
 *
 * @param sources the text of every product source by its path relative to the repository
 */
export function findOffences(sources: ReadonlyMap<string, string>): Offence[] {
  const imports = [...sources].flatMap(([file, source]) => parseImports(file, source));
  const offences = imports.flatMap((each) => {
    const reason = refuse(each, sources);
    return reason === undefined ? [] : [{ file: each.from, line: each.line, reason }];
  });
  for (const { closing, files } of findCycles(imports)) {
    const reason = `closes an import cycle: ${files.join(" → ")}`;
    offences.push({ file: closing.from, line: closing.line, reason });
  }
  for (const [file, source] of sources) offences.push(...findSetns(file, source));
  return offences;
}

/** @returns why this import must not be, or undefined when it may */
function refuse({ from, to }: Import, sources: ReadonlyMap<string, string>): string | undefined {
  const home = homes.find(({ name }) => name.test(to))?.home;
  if (home !== undefined) return refusePackage(from, to, home);
  if (!to.includes("/") || !/\.(ts|json)$/.test(to)) return undefined; // a package without a home
  if (to === "package.json") return undefined;
  const [source, target] = [layerOf(from), layerOf(to)];
  if (target === undefined) return `imports ${to}, which is outside the product`;
  if (!sources.has(to)) return `imports ${to}, which does not exist`;
  if (source === undefined) return `is in no layer`;
  return source.level === target.level
    ? refuseSameLevel(from, to)
    : refuseLevel(source, target, from, to);
}

function refusePackage(from: string, to: string, home: readonly string[]): string | undefined {
  if (home.some((path) => from.startsWith(path))) return undefined;
  return home.length === 0
    ? `imports "${to}", which nothing may`
    : `imports "${to}", which only ${home.join(" and ")} may`;
}

function refuseLevel(source: Layer, target: Layer, from: string, to: string): string | undefined {
  if (target.level > source.level) {
    return `imports ${to}: layer ${target.level} is above layer ${source.level}`;
  }
  const allowed = networkCalls.includes(to)
    ? mayCallNetwork(source, from)
    : source.below.includes(target.level) || (target.level === 1 && mayUseFiles(from));
  return allowed ? undefined : `imports ${to}: too deep for layer ${source.level}`;
}

/** IPAM keeps leases in files, the operator's tool reads and writes configurations. */
function mayUseFiles(file: string): boolean {
  return file.startsWith("ipam/") || file.startsWith("lib/cli/");
}

/** Layer 5 has programs and files of lib/sys, and layer 2 has its errors and this one connection. */
function mayCallNetwork({ level }: Layer, file: string): boolean {
  return level === 4 || level === 3 || file === "lib/netlink/connection.ts";
}

/** Layer 6 has parts that do not know each other; a layer below is one whole. */
function refuseSameLevel(from: string, to: string): string | undefined {
  if (from === entryPoint || to === pluginNames || partOf(from) === partOf(to)) return undefined;
  return `imports ${to}: a plugin must not import another`;
}

/** The plugin that a file of layer 6 belongs to; below, the layer. */
function partOf(file: string): string {
  const depth = /^(plugins|ipam)\//.test(file) ? 2 : 1;
  return layerOf(file)?.level === 6 ? file.split("/", depth).join("/") : "";
}

function layerOf(file: string): Layer | undefined {
  return layers.find(({ path }) => file.startsWith(path));
}

/** Whoever moves the thread must bring it back, whatever happens: one file alone does. */
function findSetns(file: string, source: string): Offence[] {
  if (networkCalls.includes(file)) return [];
  const code = blankComments(source);
  return [...code.matchAll(/\bsetns\b/g)].map(({ index }) => ({
    file,
    line: lineAt(code, index),
    reason: "calls setns, which only lib/sys/netns.ts does",
  }));
}
