import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseJsonObject } from "../../cni/json.ts";
import { findSyntaxError } from "../../cni/json-syntax.ts";
import { listConfFiles } from "../runtime/conf-files.ts";
import { parseConflist } from "../runtime/conflist.ts";
import { type FindKnown, type NetworkSource, pluginSourceOf } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { findMemberNode, parseSource, type SourceNode, textOf } from "./source-node.ts";

/**
 * Reads a network from its file: a conflist, with the plugins in files beside it, or a single
 * plugin.
 *
 * @returns undefined when it cannot be read; why is reported
 */
export function readNetwork(
  file: string,
  findKnown: FindKnown,
  report: Report,
): NetworkSource | undefined {
  const root = readSource(file, report);
  if (root === undefined) return undefined;
  const isList = file.endsWith(".conflist");
  if (!isList && findMemberNode(root, "plugins") !== undefined) {
    report.error(root, "a list of plugins must be in a file that ends in .conflist");
  }
  const name = textOf(findMemberNode(root, "name")) ?? "";
  const nodes = isList ? [...pluginNodesOf(root), ...nodesBeside(file, root, report)] : [root];
  return {
    file,
    root,
    isList,
    name,
    cniVersion: isList ? versionOf(root) : (textOf(findMemberNode(root, "cniVersion")) ?? ""),
    plugins: nodes.map((node) => pluginSourceOf(node, findKnown)),
  };
}

function pluginNodesOf(root: SourceNode): readonly SourceNode[] {
  return findMemberNode(root, "plugins")?.elements ?? [];
}

/** Files in the directory that has the network's name and stands beside the conflist. */
function nodesBeside(file: string, root: SourceNode, report: Report): SourceNode[] {
  const name = textOf(findMemberNode(root, "name")) ?? "";
  const isClosed = /^true$/i.test(String(findMemberNode(root, "loadOnlyInlinedPlugins")?.value));
  if (isClosed || name === "" || name.includes("/")) return [];
  return listConfFiles(`${dirname(file)}/${name}`, [".conf"]).flatMap(
    (beside) => readSource(beside, report) ?? [],
  );
}

/** libcni's choice out of `cniVersion` and `cniVersions`; other rules say what is wrong with them. */
function versionOf(root: SourceNode): string {
  try {
    const text = JSON.stringify({ ...Object(root.value), name: "any", plugins: undefined });
    return parseConflist(new TextEncoder().encode(text)).cniVersion;
  } catch {
    return textOf(findMemberNode(root, "cniVersion")) ?? "";
  }
}

function readSource(file: string, report: Report): SourceNode | undefined {
  const start = { file, line: 1, column: 1 };
  try {
    const bytes = readFileSync(file);
    const text = new TextDecoder().decode(bytes);
    const syntaxError = findSyntaxError(text);
    if (syntaxError !== undefined) {
      report.error(positionAt(file, text, syntaxError.offset), syntaxError.problem);
      return undefined;
    }
    parseJsonObject(bytes); // refuses what is JSON, but no document: a list, or too deep
    return parseSource(file, text);
  } catch (error) {
    report.error(start, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function positionAt(file: string, text: string, offset: number) {
  const lines = text.slice(0, offset).split("\n");
  return { file, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** Whether a file without a name is one of a network's own directory, where it needs none. */
export function isBesideNetwork(file: string): boolean {
  const directory = dirname(file);
  const lists = listConfFiles(dirname(directory), [".conflist"]);
  return lists.some((list) => {
    try {
      return parseConflist(readFileSync(list)).name === basename(directory);
    } catch {
      return false;
    }
  });
}
