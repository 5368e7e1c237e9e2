import { spawn } from "node:child_process";
import { copyFileSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { version } from "../../package.json";
import { pluginNames } from "../../plugins/names.ts";
import { createLab, patchbay } from "../support/lab.ts";
import { run } from "../support/namespace.ts";
import { waitFor } from "../support/wait.ts";

const versions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
const versionLine = `${JSON.stringify({ cniVersion: "1.1.0", supportedVersions: versions })}\n`;

const VERSION = { env: { CNI_COMMAND: "VERSION" } } as const;

for (const name of pluginNames) {
  t.test(`${name} says which versions it speaks, in one line, and reads no stdin`, async (t) => {
    // Nobody ever writes to this stdin.
    const script = `exec 3<> <(:); exec ${patchbay}/${name} <&3`;
    const outcome = run(["bash", "-c", script], VERSION);
    t.same(outcome, { exitCode: 0, stdout: versionLine, stderr: "" });
  });

  t.test(`${name} says what it is when run by hand`, async (t) => {
    t.same(run([`${patchbay}/${name}`], { env: { CNI_COMMAND: undefined } }), {
      exitCode: 0,
      stdout: "",
      stderr:
        `CNI ${name} plugin patchbay-v${version}\n` +
        `CNI protocol versions supported: ${versions.join(", ")}\n`,
    });
  });
}

t.test("one file copied to another directory works alone, by either of its names", async (t) => {
  const folder = t.testdir({});
  const aboutOf = (argv: readonly string[]) => run(argv, { env: { CNI_COMMAND: "" } }).stderr;
  copyFileSync(`${patchbay}/bridge`, join(folder, "loopback"));
  t.match(aboutOf([join(folder, "loopback")]), "CNI loopback plugin");
  symlinkSync(`${patchbay}/loopback`, join(folder, "host-local"));
  t.match(aboutOf([join(folder, "host-local")]), "CNI host-local plugin", "a symbolic link");
  symlinkSync(`${patchbay}/loopback`, join(folder, "lo-1.2"));
  t.match(aboutOf([join(folder, "lo-1.2")]), "CNI loopback plugin", "the name of the file itself");
  const bash = ["bash", "-c", `exec -a bridge ${patchbay}/loopback`];
  t.match(aboutOf(bash), "CNI bridge plugin", "the name it is called by");
});

t.test("under a name that is nobody's it says which names there are", async (t) => {
  const folder = t.testdir({});
  copyFileSync(`${patchbay}/bridge`, join(folder, "nobody"));
  for (const command of ["", "VERSION", "ADD"]) {
    const { exitCode, stdout, stderr } = run([join(folder, "nobody")], {
      env: { CNI_COMMAND: command },
    });
    t.equal(exitCode, 1);
    t.equal(stderr, "");
    t.match(JSON.parse(stdout), {
      cniVersion: "1.1.0",
      code: 999,
      msg: `there is no plugin "nobody": this executable is to be called ${pluginNames.join(", ")} or patchbay`,
    });
  }
});

t.test("nothing in the directory it is started in decides what it does", async (t) => {
  const evil = `require("node:fs").writeSync(2, "EVIL"); process.exit(3);`;
  const cwd = t.testdir({
    ".env": "CNI_COMMAND=ADD\n",
    ".env.production": "CNI_COMMAND=ADD\n",
    "bunfig.toml": 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n',
    "evil.js": evil,
    "package.json": JSON.stringify({ name: "evil", main: "evil.js", type: "commonjs" }),
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "*": ["./evil.js"] } } }),
    node_modules: { netlink: { "index.js": evil }, zod: { "index.js": evil } },
  });
  t.same(run([`${patchbay}/loopback`], { ...VERSION, cwd }), {
    exitCode: 0,
    stdout: versionLine,
    stderr: "",
  });
});

t.test("nothing in the environment makes it run anything else", async (t) => {
  const folder = t.testdir({ "evil.js": `require("node:fs").writeSync(2, "EVIL");` });
  const evil = join(folder, "evil.js");
  const environments: readonly { readonly [name: string]: string }[] = [
    { BUN_OPTIONS: `--preload ${evil}` },
    { BUN_OPTIONS: "--version" },
    { BUN_BE_BUN: "1" },
    { BUN_INSPECT_PRELOAD: evil },
    { NODE_OPTIONS: `--require ${evil}` },
    { NODE_ENV: "development" },
    { NODE_CHANNEL_FD: "0" },
    { BUN_INSTALL: folder, BUN_CONFIG_FILE: join(folder, "bunfig.toml") },
    { TRACEPARENT: "nonsense", TRACESTATE: "a=b", BAGGAGE: "c=d" },
  ];
  for (const env of environments) {
    const outcome = run([`${patchbay}/loopback`], { env: { ...env, ...VERSION.env } });
    t.same(outcome, { exitCode: 0, stdout: versionLine, stderr: "" }, JSON.stringify(env));
  }
});

t.test("what cannot be printed is a failure", async (t) => {
  const outcome = run(["sh", "-c", `${patchbay}/loopback > /dev/full`], VERSION);
  t.match(outcome, { exitCode: 1, stderr: 'write "stdout": no space left on device\n' });
});

/** A configuration of 400 kB, more than a pipe holds, and as long a result. */
const long = {
  cniVersion: "1.1.0",
  name: "net",
  type: "loopback",
  prevResult: {
    cniVersion: "1.1.0",
    routes: Array.from({ length: 4000 }, (_, index) => ({
      dst: `10.${index >> 8}.${index & 255}.0/24`,
      gw: "10.255.255.254",
      mtu: 1400,
    })),
  },
};

/** ADD of the above, with stdin and stdout that are not ready whenever the plugin asks. */
function startWithoutBlocking(t: Test) {
  const lab = createLab(t);
  const a = lab.container("a");
  const perl =
    "fcntl($_, F_SETFL, fcntl($_, F_GETFL, 0) | O_NONBLOCK) or die for *STDIN, *STDOUT; exec @ARGV";
  const [program = "", ...args] = lab.host.command(
    ...["perl", "-MFcntl", "-e", perl, `${patchbay}/loopback`],
  );
  const CNI = { CNI_COMMAND: "ADD", CNI_CONTAINERID: "a", CNI_IFNAME: "eth0", CNI_PATH: "/x" };
  const env = { ...process.env, ...CNI, CNI_NETNS: a.path };
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const isRunning = () => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "loopback\n";
  const output = async () => {
    let text = "";
    for await (const chunk of child.stdout) text += chunk;
    return text;
  };
  return { child, isRunning, output };
}

t.test("stdin and stdout that are not ready are waited for", async (t) => {
  const { child, isRunning, output } = startWithoutBlocking(t);
  const text = JSON.stringify(long);
  child.stdin.write(text.slice(0, 1000));
  await waitFor("the plugin to run", isRunning);
  child.stdin.end(text.slice(1000));
  t.same(JSON.parse(await output()), long.prevResult);
});
