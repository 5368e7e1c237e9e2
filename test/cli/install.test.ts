import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import t, { type Test } from "tap";
import { patchbay } from "../support/lab.ts";
import { type Output, run } from "../support/namespace.ts";

const program = `${patchbay}/patchbay`;
const plugins = ["bridge", "loopback"];

function patchbayOf(executable: string, ...args: string[]): Output {
  return run([executable, ...args], { env: { NO_COLOR: "1", NETCONFPATH: undefined } });
}

function succeed(...args: string[]): string {
  const { exitCode, stdout, stderr } = patchbayOf(program, ...args);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode}: ${stderr}`);
  return stdout;
}

/** What a directory holds: text for small files, "ours" for what is the same file as `program`. */
function contentsOf(directory: string): Record<string, string> {
  const { ino } = statSync(program);
  const entries = readdirSync(directory, { withFileTypes: true }).map((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isSymbolicLink()) return [entry.name, `-> ${readlinkSync(path)}`];
    if (entry.isDirectory()) return [entry.name, "directory"];
    const { ino: own, size } = statSync(path);
    return [entry.name, own === ino ? "ours" : size < 1000 ? readFileSync(path, "utf8") : "big"];
  });
  return Object.fromEntries(entries);
}

/** A directory with plugins of another suite. */
function otherSuite(t: Test): string {
  const directory = t.testdir({ bridge: "#!/bin/sh\necho other bridge\n", vlan: "other vlan" });
  chmodSync(`${directory}/bridge`, 0o755);
  symlinkSync("vlan", `${directory}/loopback`);
  return directory;
}

const otherContents = {
  bridge: "#!/bin/sh\necho other bridge\n",
  loopback: "-> vlan",
  vlan: "other vlan",
};

t.test("plugins are installed as links of one file, and each works", async (t) => {
  const directory = `${t.testdir()}/opt/cni/bin`;
  const text = succeed("install", directory);
  t.match(text, `installed 0.1.0: ${directory}\n`);
  t.match(text, "bridge      added");
  const contents = contentsOf(directory);
  for (const name of [...plugins, "patchbay"]) t.equal(contents[name], "ours", name);
  const { stdout } = run([`${directory}/bridge`], { env: { CNI_COMMAND: "VERSION" } });
  t.ok(JSON.parse(stdout).supportedVersions.includes("1.1.0"));

  const again = JSON.parse(succeed("install", directory, "--json"));
  for (const { outcome } of again.changes) t.equal(outcome, "unchanged");
});

t.test("what is replaced comes back by --rollback, and once only", async (t) => {
  const directory = otherSuite(t);
  t.match(succeed("install", directory), /bridge +replaced\n[\s\S]*loopback +replaced/);
  t.match(contentsOf(directory), { bridge: "ours", loopback: "ours", vlan: "other vlan" });
  t.match(succeed("install", directory, "--rollback"), /bridge +restored/);
  t.same(contentsOf(directory), otherContents);
  const { exitCode, stderr } = patchbayOf(program, "install", directory, "--rollback");
  t.equal(exitCode, 1);
  t.match(stderr, `patchbay is not installed in ${directory}`);
});

t.test("uninstall goes back to the beginning, over any number of versions", async (t) => {
  const directory = otherSuite(t);
  succeed("install", directory);
  // Another build: the same program in another file.
  const newer = `${directory}/patchbay-newer`;
  copyFileSync(program, newer);
  t.equal(patchbayOf(newer, "install", directory).exitCode, 0);
  t.match(contentsOf(directory), { bridge: "big", loopback: "big", patchbay: "big" });

  succeed("install", directory, "--rollback");
  t.match(contentsOf(directory), { bridge: "ours", loopback: "ours", patchbay: "ours" });
  const twice = patchbayOf(program, "install", directory, "--rollback");
  t.equal(twice.exitCode, 1);
  t.match(twice.stderr, "nothing to roll back to");

  t.equal(patchbayOf(newer, "install", directory).exitCode, 0);
  t.match(succeed("uninstall", directory), /bridge +restored\n[\s\S]*patchbay +removed/);
  rmSync(newer);
  t.same(contentsOf(directory), otherContents);
});

t.test("what somebody else has put in our place is left alone", async (t) => {
  const directory = otherSuite(t);
  succeed("install", directory);
  writeFileSync(`${directory}/.fresh`, "a newer other bridge");
  renameSync(`${directory}/.fresh`, `${directory}/bridge`);
  t.match(succeed("uninstall", directory), /bridge +left alone/);
  t.same(contentsOf(directory), { ...otherContents, bridge: "a newer other bridge" });
});

t.test("nothing changes when a file does not run there", async (t) => {
  const mount =
    'mount -t tmpfs -o noexec none "$1" && cp "$0" "$1/bridge"; "$0" install "$1"; ls -A "$1"';
  const { stdout, stderr } = run(["unshare", "-m", "sh", "-c", mount, program, t.testdir()]);
  t.match(stderr, '"bridge" does not run in');
  t.match(stderr, "Nothing was changed.");
  t.equal(stdout, "bridge\n");
});

t.test("plugins are installed into a directory of the same disk, mounted elsewhere", async (t) => {
  const directory = t.testdir({ node: {}, mounted: {} });
  const mount = 'mount --bind node mounted && exec "$0" install mounted';
  const { exitCode, stderr } = run(["unshare", "-m", "sh", "-c", mount, program], {
    cwd: directory,
  });
  t.equal(exitCode, 0, stderr);
  const { stdout } = run([`${directory}/node/bridge`], { env: { CNI_COMMAND: "VERSION" } });
  t.match(stdout, "supportedVersions");
});

t.test("an executable that others could write to is copied, not linked", async (t) => {
  const directory = t.testdir({ bin: {} });
  const loose = `${directory}/patchbay-loose`;
  copyFileSync(program, loose);
  chmodSync(loose, 0o777);
  t.equal(patchbayOf(loose, "install", `${directory}/bin`).exitCode, 0);
  const { ino, mode, nlink } = statSync(`${directory}/bin/bridge`);
  t.not(ino, statSync(loose).ino);
  t.equal(mode & 0o777, 0o755);
  t.equal(nlink, readdirSync(`${directory}/bin`).length, "one file, and the link that tells ours");
});

t.test("killed at any moment, nothing is half installed afterwards", async (t) => {
  const directory = otherSuite(t);
  const before = contentsOf(directory);
  const calls = [
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
  ];
  const trace = (nth: number) => [
    ...["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls.join(",")}`],
    ...["-e", `inject=${calls.join(",")}:signal=KILL:when=${nth}`],
  ];
  let [nth, wasKilled] = [0, true];
  while (wasKilled) {
    nth += 1;
    const { exitCode } = run([...trace(nth), program, "install", directory]);
    wasKilled = exitCode !== 0;
    for (const name of plugins) t.ok(existsSync(`${directory}/${name}`), `${name} at ${nth}`);
    // Whoever comes next tidies up: also the way back.
    patchbayOf(program, "uninstall", directory);
    t.same(contentsOf(directory), before, `killed at ${nth}`);
    rmSync(`${directory}/.patchbay`, { recursive: true, force: true });
  }
  t.ok(nth > 20, `${nth} moments`);
});

t.test("a runtime that calls plugins meanwhile always finds one that works", async (t) => {
  const directory = t.testdir();
  linkSync(program, `${directory}/loopback`);
  const newer = `${directory}/patchbay-newer`;
  copyFileSync(program, newer);
  const stop = `${directory}/stop`;
  const loop = `while [ ! -e ${stop} ]; do CNI_COMMAND=VERSION ${directory}/loopback || exit 1; done`;
  const child = spawn("sh", ["-c", loop], { stdio: "ignore" });
  const ended = endOf(child);
  for (let round = 0; round < 3; round++) {
    for (const executable of [program, newer]) {
      t.equal(patchbayOf(executable, "install", directory).exitCode, 0);
    }
    succeed("install", directory, "--rollback");
  }
  writeFileSync(stop, "");
  t.equal(await ended, 0);
});

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on("exit", resolve));
}

t.test("--conf writes an example network, and replaces nothing", async (t) => {
  const directory = t.testdir({ bin: {} });
  const [bin, conf] = [`${directory}/bin`, `${directory}/net.d`];
  t.match(succeed("install", bin, "--conf", "bridge", "--conf-dir", conf), "network: ");
  const file = `${conf}/10-bridge.conflist`;
  const text = readFileSync(file, "utf8");
  t.match(JSON.parse(text), { plugins: [{ type: "bridge" }] });
  t.notMatch(text, "$schema");
  succeed("install", bin, "--conf", "bridge", "--conf-dir", conf);

  writeFileSync(file, "mine");
  t.equal(patchbayOf(program, "install", bin, "--conf", "bridge", "--conf-dir", conf).exitCode, 1);
  t.equal(readFileSync(file, "utf8"), "mine");
  mkdirSync(`${directory}/other`);
  writeFileSync(`${directory}/other/99-mine.conflist`, text);
  const clash = patchbayOf(
    program,
    "install",
    bin,
    "--conf",
    "bridge",
    "--conf-dir",
    `${directory}/other`,
  );
  t.match(clash.stderr, 'describes a network called "pods" already');
  const unknown = patchbayOf(program, "install", bin, "--conf", "brigde", "--conf-dir", conf);
  t.equal(unknown.exitCode, 2);
  t.match(unknown.stderr, 'Did you mean "bridge"?');
});
