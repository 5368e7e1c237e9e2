import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import t, { type Test } from "tap";
import { createLab, type Lab, patchbay } from "../support/lab.ts";
import { run } from "../support/namespace.ts";
import type { Json } from "../support/outcome.ts";
import { waitFor } from "../support/wait.ts";

const config = {
  cniVersion: "1.1.0",
  name: "logged",
  type: "bridge",
  bridge: "cni0",
  ipam: { type: "host-local", ranges: [[{ subnet: "10.124.0.0/24" }]] },
};

function readLog(file: string): Json[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

function fileIn(t: Test): string {
  return `${t.testdir({})}/patchbay.log`;
}

function show(...args: string[]): string {
  const env = { NO_COLOR: "1", TZ: "UTC", PATCHBAY_LOG: undefined };
  const { exitCode, stdout, stderr } = run([`${patchbay}/patchbay`, "log", ...args], { env });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode}: ${stderr}`);
  return stdout;
}

/** ADD and DEL of one container, logged to a file. */
function attachAndDetach(lab: Lab, file: string): void {
  const container = lab.container("a");
  const env = { PATCHBAY_LOG: file };
  lab.succeed("ADD", "bridge", config, { container, env });
  lab.succeed("DEL", "bridge", config, { container, env });
}

t.test("PATCHBAY_LOG makes each call leave a line that says what was done", async (t) => {
  const lab = createLab(t);
  const file = fileIn(t);
  const container = lab.container("a");
  const env = {
    PATCHBAY_LOG: file,
    TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const result = lab.succeed("ADD", "bridge", config, { container, env });
  const [entry, ...others] = readLog(file);
  t.same(others, []);
  t.match(entry, {
    level: "info",
    verb: "ADD",
    plugin: "bridge",
    network: "logged",
    container: "container-a",
    ifname: "eth0",
    netns: container.path,
    trace: "0af7651916cd43dd8448eb211c80319c",
    result: { ips: result["ips"] },
  });
  t.ok(Date.now() - Date.parse(entry?.["time"]) < 60_000);
  t.equal(statSync(file).mode & 0o777, 0o600);
});

t.test("the steps say what took how long, and fit into the whole", async (t) => {
  const lab = createLab(t);
  const file = fileIn(t);
  attachAndDetach(lab, file);
  const [add, del] = readLog(file);
  const names = (entry: Json | undefined) =>
    entry?.["steps"].map(({ step }: { step: string }) => step);
  for (const step of ["start", "config", "host.links.create", "ipam.add", "container.links.set"]) {
    t.ok(names(add).includes(step), step);
  }
  t.ok(names(del).includes("ipam.del"));
  for (const { steps, ms } of [add, del] as { steps: { ms: number }[]; ms: number }[]) {
    const sum = steps.reduce((total, step) => total + step.ms, 0);
    t.ok(sum > 0 && sum <= ms, `${sum} of ${ms}`);
  }
});

t.test("a call that fails is logged with its error, however early it fails", async (t) => {
  const lab = createLab(t);
  const file = fileIn(t);
  const env = { PATCHBAY_LOG: file, PATCHBAY_LOG_LEVEL: "error" };
  const container = lab.container("a");
  lab.succeed("STATUS", "bridge", config, { env });
  lab.cni("ADD", "bridge", { ...config, mtu: "big" }, { container, env });
  lab.cni("ADD", "bridge", config, { container, env: { ...env, CNI_IFNAME: "a/b" } });
  lab.cni("ADD", "bridge", config, { container, env, stdin: "{" });
  t.match(readLog(file), [
    { level: "error", network: "logged", error: { code: 7, msg: /mtu/ } },
    { network: "", ifname: "a/b", error: { code: 4 } },
    { network: "", error: { code: 6, msg: /line 1, column 2/ } },
  ]);
});

t.test('"log" in a configuration does the same, and "debug" tells what was asked', async (t) => {
  const lab = createLab(t);
  const [a, b] = [fileIn(t), `${fileIn(t)}.b`];
  const logged = { ...config, log: { file: a, level: "debug" } };
  t.equal(lab.cni("STATUS", "bridge", logged).stderr, "");
  t.match(readLog(a), [{ verb: "STATUS", config: { log: { file: a }, bridge: "cni0" } }]);
  lab.cni("STATUS", "bridge", logged, { env: { PATCHBAY_LOG: b } });
  t.equal(readLog(a).length, 1);
  t.equal(readLog(b).length, 1, "the environment is stronger");
});

t.test("a log that cannot be written costs a warning, never the network", async (t) => {
  const lab = createLab(t);
  const directory = t.testdir({ there: "" });
  symlinkSync("there", `${directory}/link`);
  run(["mkfifo", `${directory}/pipe`]);
  const container = lab.container("a");
  for (const log of [directory, `${directory}/no/log`, `${directory}/link`, `${directory}/pipe`]) {
    const env = { PATCHBAY_LOG: log };
    const { exitCode, stderr } = lab.cni("STATUS", "bridge", config, { container, env });
    t.equal(exitCode, 0);
    t.match(stderr, /^warning: cannot write to the log: /, log);
  }
  for (const log of [{ file: "relative" }, { file: `${directory}/x`, level: "all" }, "x"]) {
    const { exitCode, stderr } = lab.cni("STATUS", "bridge", { ...config, log });
    t.equal(exitCode, 0);
    t.match(stderr, /^warning: nothing is logged: /);
  }
  t.equal(readFileSync(`${directory}/there`, "utf8"), "");
});

t.test("people see a line for each call, and its steps when they ask", async (t) => {
  const file = fileIn(t);
  const call = {
    time: "2026-03-04T05:06:07.089Z",
    verb: "ADD",
    plugin: "bridge",
    network: "pods",
    container: "3f2a91",
    ifname: "eth0",
    ms: 12.34,
    steps: [
      { step: "start", ms: 6 },
      { step: "ipam.add", ms: 2.04 },
    ],
    result: { ips: [{ address: "10.0.0.2/24" }, { address: "fd00::2/64" }] },
  };
  const { result, ...rest } = call;
  const failed = { ...rest, ms: 150, verb: "DEL", error: { code: 11, msg: "busy\u001b[2J" } };
  const other = {
    ...rest,
    verb: "STATUS",
    plugin: "loopback",
    network: "lo",
    container: "",
    trace: "abc",
  };
  const lines = [call, failed, other].map((each) => JSON.stringify(each));
  writeFileSync(file, `${lines.join("\n")}\nnot a line of a log\n`);
  const [add, del, status] = [
    "2026-03-04 05:06:07.089     12.3 ms  ADD    bridge     pods 3f2a91 eth0: 10.0.0.2/24, fd00::2/64\n",
    "2026-03-04 05:06:07.089    150.0 ms  DEL    bridge     pods 3f2a91 eth0: error 11: busy\\u001b[2J\n",
    "2026-03-04 05:06:07.089     12.3 ms  STATUS loopback   lo eth0\n",
  ];
  t.equal(show(file), add + del + status);
  t.equal(show(file, "--errors"), del);
  t.equal(show(file, "--slow", "100"), del);
  t.equal(show(file, "--network", "lo"), status);
  t.equal(show(file, "--container", "3f"), add + del);
  t.equal(show(file, "--trace", "abc"), status);
  t.equal(show(file, "-n", "2"), del + status);
  t.equal(show(file, "-n", "1", "--json"), `${lines[2]}\n`);
  t.equal(
    show(file, "--steps", "-n", "1"),
    `${status}                             6.0 ms    start\n                             2.0 ms    ipam.add\n`,
  );
});

t.test("--follow shows what is logged later, also when the file was rotated", async (t) => {
  const file = fileIn(t);
  const line = (network: string) => `${JSON.stringify({ verb: "ADD", network })}\n`;
  writeFileSync(file, line("first"));
  const child = spawn(`${patchbay}/patchbay`, ["log", file, "--follow"], { stdio: "pipe" });
  t.teardown(() => child.kill());
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
  });
  const sees = (network: string) => waitFor(`${network} is shown`, () => seen.includes(network));
  await sees("first");
  appendFileSync(file, line("second").slice(0, 10));
  appendFileSync(file, line("second").slice(10));
  await sees("second");
  renameSync(file, `${file}.1`);
  writeFileSync(file, line("third"));
  await sees("third");
});

t.test("without a log, it says how to get one", async (t) => {
  const directory = t.testdir();
  mkdirSync(`${directory}/empty`);
  const { exitCode, stderr } = run([`${patchbay}/patchbay`, "log", `${directory}/none`]);
  t.equal(exitCode, 3);
  t.match(stderr, "PATCHBAY_LOG=FILE");
});
