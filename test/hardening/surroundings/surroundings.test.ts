import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { judge } from "../input/judgement.ts";
import { bareRoot, type OddCall, OddNode } from "../support/odd-node.ts";

t.setTimeout(570_000);

/** Where a runtime may happen to start a plugin. */
const surroundings: { readonly [what: string]: OddCall } = {
  "no variables but CNI's": {
    setUp: `
      for name in $(compgen -e); do
        case $name in CNI_*|PLUGIN) ;; *) unset $name ;; esac
      done`,
  },
  "a HOME that is nowhere": {
    setUp: "export HOME=/nowhere XDG_CACHE_HOME=/nowhere TMPDIR=/nowhere",
  },
  "no /tmp, no /home and no /etc": { setUp: bareRoot, command: 'chroot /media "$PLUGIN"' },
  "a /tmp that cannot be written to": {
    setUp: "mount -t tmpfs -o ro,size=4k tmpfs /tmp; export TMPDIR=/tmp",
  },
  "a /tmp that nothing is executed from": { setUp: "mount -t tmpfs -o noexec tmpfs /tmp" },
  "a read-only root": { setUp: "mount -o remount,bind,ro /" },
  "umask 0": { setUp: "umask 0" },
  "umask 0777": { setUp: "umask 0777" },
  "20 files that may be open": { setUp: "ulimit -n 20" },
  "a small stack": { setUp: "ulimit -s 512" },
  "signals that are ignored": { setUp: "trap '' PIPE TERM INT HUP CHLD USR1 USR2" },
  "files that are open already": { setUp: "exec 3< /etc/passwd 4> /dev/null 5<> /dev/null 9< /" },
  "a locale and a time zone": {
    command: 'env LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=:/nowhere "$PLUGIN"',
  },
  "a name that is nobody's": { command: "(exec -a net-1 $PLUGIN)" },
  "no name": { command: "(exec -a '' $PLUGIN)" },
  "a symbolic link": {
    setUp: 'mount -t tmpfs tmpfs /media; ln -s "$PLUGIN" /media/net-1',
    command: "/media/net-1",
  },
  "Bun's variables": {
    setUp: `
      export BUN_INSPECT=ws://127.0.0.1:6499/x?wait=1 BUN_INSPECT_NOTIFY=unix:///run/patchbay/x
      export BUN_BYTECODE_ORDER_OUT=/run/patchbay/x BUN_OPTIONS=--version BUN_BE_BUN=1
      export BUN_RUNTIME_TRANSPILER_CACHE_PATH=/run/patchbay/x BUN_FEATURE_FLAG_NO_ORPHANS=1
      export BUN_GARBAGE_COLLECTOR_LEVEL=2 BUN_DESTRUCT_VM_ON_EXIT=1 BUN_WATCHER_TRACE=/run/patchbay/x
      export NODE_V8_COVERAGE=/run/patchbay/x NODE_COMPILE_CACHE=/run/patchbay/x`,
  },
};

for (const [what, how] of Object.entries(surroundings)) {
  t.test(`${what}: no difference`, async (t) => {
    const node = new OddNode(t);
    const before = node.warmUp();
    const result = node.succeed("ADD", how);
    t.match(result["ips"], [{ address: "10.88.0.3/24" }, { address: "fd00:88::3/64" }]);
    node.succeed("CHECK", { ...how, config: { prevResult: result } });
    node.succeed("DEL", how);
    t.equal(node.snapshot(), before);
  });
}

const longName = "x".repeat(5000);

/** What Bun and Node look for where a program is started. */
const evil = "throw new Error('EVIL');";
const baits: { readonly [path: string]: string } = {
  ".env": "CNI_COMMAND=VERSION\nNODE_OPTIONS=--evil\n",
  ".env.local": "CNI_COMMAND=VERSION\n",
  ".env.production": "CNI_COMMAND=VERSION\n",
  "bunfig.toml": 'preload = ["./evil.js"]\n',
  ".npmrc": "registry=http://127.0.0.1\n",
  "evil.js": evil,
  "package.json": '{ "name": "evil", "main": "evil.js" }',
  "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["./evil.js"] } } }',
  "node_modules/netlink/index.js": evil,
  "node_modules/zod/index.js": evil,
};

t.test("no file in the directory that it is started in is as much as looked for", async (t) => {
  const node = new OddNode(t);
  const folder = t.testdir({ cwd: {} });
  for (const [path, text] of Object.entries(baits)) {
    mkdirSync(dirname(join(folder, "cwd", path)), { recursive: true });
    writeFileSync(join(folder, "cwd", path), text);
  }
  const setUp = `cd ${folder}/cwd; export HOME=${folder}/cwd XDG_CONFIG_HOME=${folder}/cwd`;
  const trace = `strace -f -qq -e trace=%file -o ${folder}/trace`;
  for (const verb of ["ADD", "DEL"]) {
    node.succeed(verb, { setUp, command: `${trace} "$PLUGIN"` });
    const paths = readFileSync(`${folder}/trace`, "utf8")
      .split("\n")
      .filter((line) => !line.includes("getcwd("))
      .flatMap((line) => line.match(/"[^"]*"/g) ?? []);
    t.ok(paths.length > 20);
    const near = paths.filter((path) => path.includes(folder) || !/^"(\/.*)?"$/.test(path));
    t.same(near, [], `${verb} uses absolute paths only, and none in there`);
  }
});

t.test("with too few descriptors it fails and says so, and leaves nothing", async (t) => {
  const node = new OddNode(t);
  const before = node.warmUp();
  const ends = new Set<string>();
  for (let limit = 3; limit < 20; limit++) {
    const { exitCode, stdout, stderr } = node.call("ADD", { setUp: `ulimit -n ${limit}` });
    ends.add(exitCode === 0 ? "success" : "failure");
    if (exitCode === 0) node.succeed("DEL");
    // The words of ours, of Bun and of the dynamic linker.
    else t.match(stdout + stderr, /EMFILE|too many open files|out of file desc|Error 24/i);
    t.equal(node.snapshot(), before, `${limit} descriptors: ${stdout}${stderr}`);
  }
  t.same(ends, new Set(["failure", "success"]));
});

t.test("in a directory that is gone it fails and says so, and leaves nothing", async (t) => {
  const node = new OddNode(t);
  const before = node.warmUp();
  const setUp = "mkdir /run/patchbay/gone; cd /run/patchbay/gone; rmdir /run/patchbay/gone";
  const { exitCode, stderr } = node.call("ADD", { setUp });
  // Bun ends before the first line of ours.
  t.match({ exitCode, stderr }, { exitCode: 1, stderr: "current working directory was deleted" });
  t.equal(node.snapshot(), before);
});

t.test("whatever it is called by, it is one of the plugins or refuses", async (t) => {
  const node = new OddNode(t);
  const before = node.warmUp();
  for (const name of ["/", ".", "..", "-bridge", "bridge/", "a b", "../../bin/sh", longName]) {
    const command = `(exec -a '${name}' "$PLUGIN")`;
    const { exitCode, stdout, stderr } = node.call("ADD", { command });
    t.equal(judge({ status: exitCode, stdout, stderr }), "", name);
    t.equal(exitCode, 0, `${name}: its file is called bridge`);
    node.succeed("DEL", { command });
    t.equal(node.snapshot(), before, name);
  }
});
