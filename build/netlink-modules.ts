import { readFileSync } from "node:fs";
import type { BunPlugin } from "bun";

/**
 * Bundles the `netlink` package as ES modules. It is published as CommonJS, where each export is a
 * property of an object, so a bundler has to keep them all: 6,000 lines that every start would
 * evaluate, of which we use a tenth. Of ES modules the unused part falls away.
 *
 * @returns the plugin, and `expectUsed`, which throws unless it had something to do: the package's
 *   files may have moved
 */
export function netlinkAsModules(): { readonly plugin: BunPlugin; expectUsed(): void } {
  const seen: string[] = [];
  return {
    plugin: {
      name: "netlink as ES modules",
      setup(build) {
        build.onLoad({ filter: /\/node_modules\/netlink\/.*\.js$/ }, ({ path }) => {
          seen.push(path);
          return { contents: toModule(path, readFileSync(path, "utf8")), loader: "ts" };
        });
      },
    },
    expectUsed() {
      if (seen.length === 0) throw new Error("No file of the netlink package was bundled");
    },
  };
}

/**
 * Undoes what the TypeScript compiler did to a module. Its output has one statement a line and a
 * handful of forms; whatever is not one of them is an error, and so is an export that got lost.
 *
 * @param path names the module in errors
 * @param source CommonJS, as TypeScript 4 writes it
 * @returns the same as an ES module in TypeScript: its enums can be inlined, objects cannot
 * @throws {Error} when `source` is anything else
 */
export function toModule(path: string, source: string): string {
  const wanted = listExports(source);
  const module = forms.reduce((text, [form, esm]) => text.replaceAll(form, esm), source);
  const rest = commonJs.exec(module);
  if (rest !== null) throw new Error(`${path} has unknown CommonJS: ${rest[0].trim()}`);
  const found = [...module.matchAll(anyExport)].map(([, name]) => name);
  const lost = wanted.filter((name) => !found.includes(name));
  if (lost.length > 0) throw new Error(`${path} has lost the exports ${lost.join(", ")}`);
  return module;
}

type Form = readonly [form: RegExp, esm: string];

/** In this order: what comes later relies on what is gone. */
const forms: readonly Form[] = [
  // "use strict", the compiler's own functions, `exports.a = exports.b = void 0`.
  [/^"use strict";$/gm, ""],
  [/^var __\w+ = \(this && this\.__\w+\)[\s\S]*?^(?:\}\)\);|\}\);|\};)$/gm, ""],
  [/^Object\.defineProperty\(exports, "__esModule", .*$/gm, ""],
  [/^(?:exports\.\w+ = )+void 0;$/gm, ""],
  // The machines we build for are little-endian, and node:os takes its time to load.
  [/^const isLE = .*$/gm, "const isLE = true;"],
  [/^const \w+ = require\("os"\);$/gm, ""],
  [/^const (\w+) = __importStar\(require\("(\..*)"\)\);$/gm, 'import * as $1 from "$2.js";'],
  [/^const (\w+) = require\("(\..*)"\);$/gm, 'import * as $1 from "$2.js";'],
  [/^__exportStar\(require\("(\..*)"\), exports\);$/gm, 'export * from "$1.js";'],
  // enum E { A = 1 } had become var E; (function (E) { E[E["A"] = 1] = "A"; })(E = exports.E || …);
  [/^var (\w+);\n\(function \(\1\) \{$/gm, "export enum $1 {"],
  [/^ {4}(\w+)\[\1\["(\w+)"\] = (-?\w+)\] = "\2";$/gm, "  $2 = $3,"],
  [/^\}\)\((\w+) = exports\.\1 \|\| \(exports\.\1 = \{\}\)\);$/gm, "}"],
  [/^exports\.(\w+) = \1;$/gm, "export { $1 };"],
  [/^exports\.(\w+) = /gm, "export const $1 = "],
  [/\(0, exports\.(\w+)\)/g, "$1"],
  [/\bexports\.(\w+)/g, "$1"],
  // These look as if they could do something, a getter or a computed key.
  [/^(export const \w+ = )(.*__BP\..*);$/gm, "$1/* @__PURE__ */ (() => $2)();"],
  [/^const parseFns = (\{[\s\S]*?^\});$/gm, "const parseFns = /* @__PURE__ */ (() => ($1))();"],
];

/** What is left of CommonJS, or of the compiler, when a form was not known. */
const commonJs = /^.*(?:\bexports\b|\brequire\(|\bmodule\.|\bthis &&|^\(function).*$/m;

const anyExport = /^export (?:const|enum|\{) ?(\w+)/gm;

/** The compiler names all exports at the top, and sets them to undefined. */
function listExports(source: string): readonly string[] {
  const lists = source.match(/^(?:exports\.\w+ = )+void 0;$/gm) ?? [];
  return lists.flatMap((list) =>
    [...list.matchAll(/exports\.(\w+)/g)].map(([, name = ""]) => name),
  );
}
