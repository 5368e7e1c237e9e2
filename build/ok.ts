/** `npm run ok`: all that has to be well before a change goes in. The last line is the sum. */
import { spawn } from "node:child_process";

const bun = process.execPath;
const checks = [
  { name: "lint", command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."] },
  { name: "typecheck", command: ["node_modules/.bin/tsc"] },
  { name: "layers", command: [bun, "build/layers.ts"] },
  { name: "build", command: [bun, "build/compile.ts"] },
] as const;

/** @param show gets what is said as it is said */
function run(command: readonly string[], show: (text: string) => void): Promise<Finished> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      show(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ output, isWell: code === 0 }));
  });
}

interface Finished {
  readonly output: string;
  readonly isWell: boolean;
}

/** A check is quiet unless it fails. */
async function runCheck({ name, command }: (typeof checks)[number]): Promise<boolean> {
  const start = performance.now();
  const { output, isWell } = await run(command, () => undefined);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${isWell ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (!isWell) console.log(`\n${output.trimEnd().replaceAll(/^/gm, "    ")}\n`);
  return isWell;
}

let [passed, failed] = [0, 0];
for (const check of checks) {
  if (await runCheck(check)) passed += 1;
  else failed += 1;
}
let unfinished = "";
const tests = await run([bun, "build/test.ts"], (text) => {
  // The tests' own sum is held back: only this program's is the last line.
  const lines = (unfinished + text).split("\n");
  unfinished = lines.pop() ?? "";
  for (const line of lines) if (!/^\d+ passed, \d+ failed$/.test(line)) console.log(line);
});
const sum = /^(\d+) passed, (\d+) failed$/m.exec(tests.output);
passed += Number(sum?.[1] ?? 0);
failed += Number(sum?.[2] ?? (tests.isWell ? 0 : 1));
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || !tests.isWell) process.exitCode = 1;
