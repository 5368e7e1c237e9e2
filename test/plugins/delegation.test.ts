import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createLab, type Lab, patchbay, reference } from "../support/lab.ts";
import type { Json } from "../support/outcome.ts";

const subnet = "10.1.2.0/24";

/** A network whose addresses come from the IPAM plugin of that name. */
function networkOf(type: string, cniVersion = "1.1.0"): Json {
  const ipam = { type, ranges: [[{ subnet }]] };
  return { cniVersion, name: "net", type: "bridge", bridge: "br-test", ipam };
}

const ips = [{ address: "10.1.2.3/24", gateway: "10.1.2.1" }];
const lease = JSON.stringify({ cniVersion: "1.1.0", ips });

/** Puts an IPAM plugin written in shell beside ours on CNI_PATH. It notes how it is called. */
function installScript(t: Test, body: string) {
  const folder = t.testdir({ calls: "" });
  const file = join(folder, "script-ipam");
  writeFileSync(file, `#!/bin/bash\ncd ${folder}\necho $CNI_COMMAND >> calls\n${body}\n`);
  chmodSync(file, 0o755);
  return {
    cniPath: `${patchbay}:${folder}`,
    calls: () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n"),
    file: (name: string) => readFileSync(join(folder, name), "utf8"),
  };
}

/** The addresses that host-local has given away. */
function leasesOf(lab: Lab): string[] {
  return readdirSync(join(lab.dataDir, "net")).filter((name) => /^[0-9.]+$/.test(name));
}

/** The host's links, but for the bridge, which is the network's own and stays. */
function linksOf(lab: Lab): string[] {
  return lab.host.ip("link", "show").map((link) => String(link["ifname"]));
}

t.test(
  "a shell script can be the IPAM plugin, and is told all that the runtime says",
  async (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const script = installScript(
      t,
      `cat /dev/stdin > stdin; env > env; echo "a word to the log" > /dev/stderr
     [ $CNI_COMMAND != ADD ] || echo '${lease}' > /dev/stdout`,
    );
    const trace = { TRACEPARENT: "00-0af7-b7ad-01", TRACESTATE: "a=b", BAGGAGE: "c=d" };
    const call = { container: a, cniPath: script.cniPath, args: "IgnoreUnknown=1;A=b", env: trace };
    let prevResult: Json | undefined;
    for (const verb of ["ADD", "CHECK", "STATUS", "GC", "DEL"] as const) {
      const stdin = JSON.stringify(
        { ...networkOf("script-ipam"), prevResult, extra: "é" },
        null,
        3,
      );
      const outcome = lab.cni(verb, "bridge", {}, { ...call, stdin });
      t.match(outcome, { exitCode: 0, stderr: "a word to the log\n" }, verb);
      if (verb === "ADD") prevResult = outcome.result;
      t.equal(script.file("stdin"), stdin);
      const told = { ...trace, CNI_COMMAND: verb, CNI_NETNS: a.path, CNI_IFNAME: "eth0" };
      for (const [name, value] of Object.entries({ ...told, CNI_ARGS: call.args })) {
        t.match(script.file("env"), `${name}=${value}\n`);
      }
    }
    t.match(prevResult, { ips: [{ address: "10.1.2.3/24" }] });
    t.same(script.calls(), ["ADD", "CHECK", "STATUS", "GC", "DEL"]);
  },
);

t.test(
  "a failed ADD of the IPAM plugin keeps its code, is followed by DEL, and leaves nothing",
  async (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const error = { cniVersion: "1.1.0", code: 11, msg: "all is taken", details: "in net" };
    const before = linksOf(lab);
    for (const [body, expected] of [
      [
        `echo '${JSON.stringify(error)}'; exit 1`,
        { code: 11, msg: "all is taken", details: "in net" },
      ],
      ["echo oops >&2; exit 3", { code: 999, msg: 'netplugin failed: "oops\\n": exit status 3' }],
      ["kill -9 $$", { code: 999, msg: "netplugin failed with no error message: signal: SIGKILL" }],
      ["echo '{'", { code: 6, msg: /^error unmarshall the result of ".*script-ipam": line 2, / }],
    ] as const) {
      const script = installScript(t, `[ $CNI_COMMAND = DEL ] || { ${body}; }`);
      const call = { container: a, cniPath: script.cniPath };
      t.match(lab.cni("ADD", "bridge", networkOf("script-ipam"), call).error, expected);
      t.same(script.calls(), ["ADD", "DEL"]);
      t.same(
        linksOf(lab).filter((name) => name !== "br-test"),
        before,
      );
      t.equal(a.tryExec(["ip", "link", "show", "eth0"]).exitCode, 1);
    }
  },
);

t.test("what goes wrong after the lease gives the lease back", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  const script = installScript(t, `[ $CNI_COMMAND != ADD ] || echo '${lease}'`);
  const before = linksOf(lab);
  const { stderr } = lab.runOnHost(["sh", "-c", `exec ${patchbay}/bridge > /dev/full`], {
    stdin: JSON.stringify(networkOf("script-ipam")),
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "a",
      CNI_IFNAME: "eth0",
      CNI_NETNS: a.path,
      CNI_PATH: script.cniPath,
    },
  });
  t.equal(stderr, 'write "stdout": no space left on device\n');
  t.same(script.calls(), ["ADD", "DEL"]);
  t.same(
    linksOf(lab).filter((name) => name !== "br-test"),
    before,
  );
});

/** Makes a folder with our bridge, and another host-local than the one inside of it. */
function pairWith(hostLocal: string, folder: string): string {
  symlinkSync(`${patchbay}/bridge`, join(folder, "bridge"));
  copyFileSync(hostLocal, join(folder, "host-local"));
  return folder;
}

for (const cniVersion of ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"]) {
  t.test(
    `${cniVersion}: host-local gives the same whoever made it, and wherever it runs`,
    async (t) => {
      const lab = createLab(t);
      const folder = t.testdir({ copy: {}, reference: {} });
      const cniPaths = [
        patchbay,
        pairWith(`${patchbay}/host-local`, join(folder, "copy")),
        pairWith(`${reference}/host-local`, join(folder, "reference")),
      ];
      const config = networkOf("host-local", cniVersion);
      const texts = cniPaths.map((cniPath, index) => {
        const container = lab.container(`c${index}`);
        const call = { container, cniPath };
        const { stdout } = lab.cni("ADD", "bridge", config, call);
        t.match(container.exec("ip", "address", "show", "eth0"), `inet 10.1.2.${index + 2}/24`);
        t.match(lab.cni("DEL", "bridge", config, call), { exitCode: 0, stdout: "" });
        // What differs between any two containers.
        return stdout
          .replaceAll(/([0-9a-f]{2}:){5}[0-9a-f]{2}|veth[0-9a-f]{8}/g, "")
          .replaceAll(container.path, "")
          .replaceAll(`10.1.2.${index + 2}/24`, "");
      });
      t.match(texts[0], `"cniVersion": "${cniVersion}"`);
      t.equal(texts[1], texts[0]);
      t.equal(texts[2], texts[0]);
      t.same(leasesOf(lab), []);
    },
  );
}
