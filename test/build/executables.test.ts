import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { pluginNames } from "../../plugins/names.ts";
import { patchbay } from "../support/lab.ts";
import { run } from "../support/namespace.ts";

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const askVersion = { env: { CNI_COMMAND: "VERSION" }, stdin: '{"cniVersion":"1.1.0"}' };

t.test("there is one executable, under every plugin's name and the tool's", async (t) => {
  const inodes = [...pluginNames, "patchbay"].map((name) => statSync(join(patchbay, name)).ino);
  t.equal(new Set(inodes).size, 1);
});

t.test("nothing in the directory it is started in is read, let alone run", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "node_modules/zod"), { recursive: true });
  const evil = `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "run"))}, "")`;
  const traps: Record<string, string> = {
    "bunfig.toml": 'preload = ["./evil.cjs"]',
    ".env": "BUN_OPTIONS=--preload=./evil.cjs",
    ".env.local": "NODE_OPTIONS=--require=./evil.cjs",
    ".env.production": "CNI_COMMAND=ADD",
    "package.json": '{ "type": "module", "imports": { "#x": "./evil.cjs" } }',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["./evil.cjs"] } } }',
    "evil.cjs": evil,
    "node_modules/zod/index.js": evil,
  };
  for (const [name, text] of Object.entries(traps)) writeFileSync(join(folder, name), text);
  const strace = ["strace", "-f", "-qq", "-e", "trace=%file", "-o", join(folder, "calls")];
  const calls = join(folder, "calls");
  const { exitCode, stdout } = run([...strace, join(patchbay, "loopback")], {
    ...askVersion,
    cwd: folder,
  });
  t.equal(exitCode, 0);
  t.match(JSON.parse(stdout), { cniVersion: "1.1.0" });
  const trace = run(["cat", calls]).stdout;
  t.match(trace, "execve");
  for (const name of [...Object.keys(traps), folder]) {
    const uses = trace
      .split("\n")
      .filter((line) => line.includes(`${name}"`) && !/getcwd/.test(line));
    t.same(uses, [], name);
  }
});
