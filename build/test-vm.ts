import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { TestBundle } from "./bundle-test.ts";
import { ensureSystemPackages } from "./system-packages.ts";
import { judge, nodeOptions, type Outcome, testEnvironment } from "./test-file.ts";

/** Runs each bundle named as an argument, two at a time, and leaves beside it how it went. */
const guestScript = `
  printf '%s\\n' "$@" | xargs -P2 -I@ sh -c '
    start=$(date +%s%N)
    timeout 600 node ${nodeOptions.join(" ")} @ >@.out 2>@.err
    echo $? $((($(date +%s%N) - start) / 1000000)) >@.end'`;

/**
 * Runs bundled tests in the VM, whose kernel has every feature. Node starts once a file here too, but
 * all is done by an emulated processor: count on 15 s for the VM and 10 s a file.
 *
 * @param folder where the bundles are; the VM writes its results there
 */
export async function runTestsInVm(
  bundles: readonly TestBundle[],
  folder: string,
): Promise<Outcome[]> {
  ensureSystemPackages("vm");
  const command = ["sh", "-c", guestScript, "sh", ...bundles.map(({ path }) => path)];
  const { stderr, exitCode } = await startVm(command, folder);
  return bundles.map((bundle) => readOutcome(bundle, `the VM exited with ${exitCode}: ${stderr}`));
}

function startVm(
  command: readonly string[],
  folder: string,
): Promise<{ readonly stderr: string; readonly exitCode: number | null }> {
  const child = spawn("test/vm/run.sh", command, {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      ...testEnvironment,
      PATCHBAY_VM_WRITABLE: resolve(folder),
    },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ stderr, exitCode }));
  });
}

/** @param excuse why there may be nothing to read */
function readOutcome({ file, path }: TestBundle, excuse: string): Outcome {
  const read = (extension: string) =>
    existsSync(path + extension) ? readFileSync(path + extension, "utf8") : "";
  const [exitCode = "", milliseconds = "0"] = read(".end").trim().split(" ");
  const end = exitCode === "" ? `did not end: ${excuse}` : `exited with ${exitCode}`;
  const ended = {
    stdout: read(".out"),
    stderr: read(".err"),
    end: exitCode === "0" ? undefined : end,
  };
  return judge(`${file} in the VM`, ended, Number(milliseconds));
}
