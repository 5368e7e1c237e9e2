import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { BunPlugin } from "bun";
import { netlinkAsModules } from "./netlink-modules.ts";

export interface TestBundle {
  readonly file: string;
  /** The JavaScript that Node runs. */
  readonly path: string;
  /** Whether the test starts programs in namespaces, the built executables among them. */
  readonly usesLab: boolean;
}

const nodeFiles: BunPlugin = {
  name: "files as Node has them",
  setup(build) {
    build.onLoad({ filter: /\/lib\/sys\/fs\.ts$/ }, () => ({
      contents: readFileSync("build/fs-for-node.ts", "utf8"),
      loader: "ts",
    }));
  },
};

/**
 * Bundles one test for Node, which cannot read TypeScript before version 22. The packages go in as
 * well: one file loads twice as fast as the two hundred of tap, and ten times so in the VM.
 *
 * @throws what Bun says of the first file that does not parse or resolve
 */
export async function bundleTest(file: string, folder: string): Promise<TestBundle> {
  // Flat names, since Bun writes source maps relative to the folder rather than to the file.
  const name = relative(".", file).replaceAll("/", "-").replace(/\.ts$/, "");
  const { outputs, metafile } = await Bun.build({
    entrypoints: [file],
    outdir: folder,
    naming: `${name}.mjs`,
    target: "node",
    format: "esm",
    sourcemap: "inline",
    metafile: true,
    plugins: [netlinkAsModules().plugin, nodeFiles],
  });
  const [output] = outputs;
  if (output === undefined) throw new Error(`Cannot bundle "${file}": no output`);
  const inputs = Object.keys(metafile?.inputs ?? {});
  return {
    file,
    path: output.path,
    usesLab: inputs.some((path) => path.endsWith("test/support/namespace.ts")),
  };
}
