/**
 * `npm start`: two containers get their network from an example of conf/, reach each other, their
 * gateway and the world, and leave nothing behind. All of it happens in namespaces of its own.
 */
import { version } from "../package.json";
import { tellStory } from "./demo/story.ts";
import { paint, say } from "./demo/terminal.ts";
import { enterOwnWorld, furnishWorld, isOwnWorld } from "./demo/world.ts";
import { compile, isUpToDate } from "./executables.ts";
import { ensureSystemPackages } from "./system-packages.ts";

async function prepare(): Promise<void> {
  ensureSystemPackages("demo");
  if (isUpToDate()) return;
  say("Building dist/bin …");
  await compile();
}

async function perform(): Promise<void> {
  const actions: (() => void | Promise<void>)[] = [];
  try {
    furnishWorld();
    await tellStory({ teardown: (action) => actions.push(action) });
  } finally {
    for (const action of actions.reverse()) await action();
  }
}

async function main(): Promise<number> {
  if (isOwnWorld()) {
    await perform();
    return 0;
  }
  await prepare();
  say(`\n${paint(`patchbay ${version}`, "bold")} · container networking, one executable`);
  return enterOwnWorld("build/demo.ts");
}

// Whoever reads may have seen enough: "npm start | head".
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
