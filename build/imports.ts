import { posix } from "node:path";

/** One import of one file, of values or of types alike. */
export interface Import {
  /** The importing file, relative to the repository. */
  readonly from: string;
  readonly line: number;
  /** The imported file, relative to the repository, or a package. */
  readonly to: string;
}

const comment = /\/\/.*|\/\*[\s\S]*?\*\//;
const string = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
const commentOrString = new RegExp(`${string.source}|${comment.source}`, "g");

/** import … from "x", export … from "x", import "x", import("x"), require("x") */
const anyImport =
  /\b(?:(?:import|export)\b[^;"'`()]*?\bfrom\s*|import\s*(?:\(\s*)?|require\s*\(\s*)["']([^"'\n]+)["']/g;

/** @returns `source` with spaces for its comments: the same offsets, the same lines */
export function blankComments(source: string): string {
  return source.replaceAll(commentOrString, (text) =>
    text.startsWith("/") ? text.replaceAll(/[^\n]/g, " ") : text,
  );
}

export function parseImports(from: string, source: string): Import[] {
  const code = blankComments(source);
  return [...code.matchAll(anyImport)].map((match) => ({
    from,
    line: lineAt(code, match.index + match[0].length),
    to: resolve(from, match[1] ?? ""),
  }));
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return posix.join(posix.dirname(from), specifier);
}

/**
 * Finds the import cycles.
 *
 * @returns per cycle the import that closes it, and the files along it
 */
export function findCycles(
  imports: readonly Import[],
): { readonly closing: Import; readonly files: readonly string[] }[] {
  const byFile = new Map<string, Import[]>();
  for (const each of imports) byFile.set(each.from, [...(byFile.get(each.from) ?? []), each]);
  const cycles: { closing: Import; files: string[] }[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    if (done.has(file)) return;
    path.push(file);
    for (const each of byFile.get(file) ?? []) {
      if (path.includes(each.to)) {
        cycles.push({ closing: each, files: [...path.slice(path.indexOf(each.to)), each.to] });
      } else visit(each.to);
    }
    path.pop();
    done.add(file);
  };
  for (const file of byFile.keys()) visit(file);
  return cycles;
}
