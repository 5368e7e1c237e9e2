import type { BunPlugin } from "bun";

const entryPoint = "lib/cli/main.ts";

/**
 * Bundles the operator's tool into one module, with copies of what it shares with the plugins.
 * Modules that both use would otherwise become files of their own, and every start of a plugin
 * would have to load and link a few more of them.
 *
 * @param plugins of the build that the tool becomes a part of
 */
export async function toolAsOneFile(plugins: BunPlugin[]): Promise<BunPlugin> {
  const { success, logs, outputs } = await Bun.build({
    entrypoints: [entryPoint],
    target: "bun",
    format: "esm",
    minify: true,
    plugins,
    throw: false,
  });
  const [output] = outputs;
  if (!success || output === undefined) {
    throw new Error(`Cannot bundle ${entryPoint}:\n${logs.join("\n")}`);
  }
  const contents = await output.text();
  return {
    name: "the tool as one file",
    setup(build) {
      build.onLoad({ filter: /\/lib\/cli\/main\.ts$/ }, () => ({ contents, loader: "js" }));
    },
  };
}
