import { join } from "node:path";
import t, { type Test } from "tap";
import { CniError } from "../../../lib/cni/error.ts";
import type { Plugin, PluginEntry } from "../../../lib/cni/plugin.ts";
import { specVersions } from "../../../lib/cni/version.ts";
import type { World } from "../../../lib/cni/world.ts";
import { errnoOf } from "../../../lib/sys/errno.ts";
import type { Execution, Finished } from "../../../lib/sys/exec.ts";
import { SyscallError } from "../../../lib/sys/syscall-error.ts";
import { type Answer, answerOf, config, pluginOf } from "../../support/runtime.ts";

const lease = { cniVersion: "1.1.0", ips: [{ address: "10.1.2.3/24", gateway: "10.1.2.1" }] };
const withIpam = { ...config, ipam: { type: "ipam-a", unknown: ["kept"] } };

/** Hands everything on to its IPAM plugin. */
const forwarding = pluginOf({
  add: ({ ipam }) => ipam.add(),
  check: ({ ipam }) => ipam.check(),
  del: ({ ipam }) => ipam.del(),
});

interface Run extends Execution {
  readonly file: string;
}

function success(stdout: unknown = ""): Finished {
  const text = typeof stdout === "string" ? stdout : JSON.stringify(stdout);
  return { exitCode: 0, signal: undefined, stdout: new TextEncoder().encode(text), stderr: "" };
}

function failure(stdout: unknown, rest: Partial<Finished> = {}): Finished {
  return { ...success(stdout), exitCode: 1, ...rest };
}

interface Lab {
  /** Where the executable is: in the last directory of CNI_PATH. */
  readonly file: string;
  readonly runs: readonly Run[];
  call(verb: string, stdin?: unknown, world?: Partial<World>): Answer;
  verbs(): readonly (string | undefined)[];
}

/** A CNI_PATH, and a world that notes what is executed and answers it. */
function createLab(t: Test, answer: (run: Run) => Finished): Lab {
  const top = t.testdir({ a: { "ipam-a": {} }, b: { "ipam-a": "", other: "" } });
  const runs: Run[] = [];
  const execute: World["execute"] = (file, execution) => {
    const run = { file, ...execution };
    runs.push(run);
    return answer(run);
  };
  return {
    file: join(top, "b/ipam-a"),
    runs,
    call(verb, stdin = withIpam, world = {}) {
      const CNI_PATH = `${top}/missing:${top}/a:${top}/b`;
      const env = { CNI_COMMAND: verb, CNI_PATH, TRACEPARENT: "00-aa-bb-01" };
      return answerOf(forwarding, env, stdin, { execute, ...world });
    },
    verbs: () => runs.map(({ env }) => env?.["CNI_COMMAND"]),
  };
}

t.test("a network without ipam, or without its type, has an empty lease", async (t) => {
  const lab = createLab(t, () => t.fail("it executed something") as never);
  for (const ipam of [undefined, null, {}, { type: null }, { type: "" }]) {
    for (const verb of ["ADD", "CHECK", "DEL", "GC", "STATUS"]) {
      t.equal(lab.call(verb, { ...config, ipam }).status, 0);
    }
    t.same(lab.call("ADD", { ...config, ipam }).document, { cniVersion: "1.1.0" });
  }
});

t.test("every verb is passed on, with the whole environment and the very stdin", async (t) => {
  const stdin = `{ "name":"net",\n "cniVersion":"1.1.0", "IPAM":{"Type":"ipam-a"}, "x":1e2 }`;
  for (const verb of ["ADD", "CHECK", "DEL", "GC", "STATUS"]) {
    const lab = createLab(t, () => success(verb === "ADD" ? lease : ""));
    t.equal(lab.call(verb, stdin).status, 0);
    t.equal(lab.runs.length, 1);
    const [run] = lab.runs;
    t.equal(run?.file, lab.file);
    t.equal(new TextDecoder().decode(run?.stdin), stdin);
    t.match(run?.env, {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: "container-a",
      CNI_NETNS: "/run/netns/a",
      CNI_IFNAME: "eth0",
      TRACEPARENT: "00-aa-bb-01",
    });
  }
});

t.test(
  "the lease is read in the version that it has, or else in the configuration's",
  async (t) => {
    const expected = [{ address: "10.1.2.3/24", gateway: "10.1.2.1" }];
    const old = { ip4: { ip: "10.1.2.3/24", gateway: "10.1.2.1" } };
    const documents = [
      [lease, "1.1.0"],
      [{ cniVersion: "0.2.0", ...old }, "1.1.0"],
      [{ cniVersion: "0.4.0", ips: [{ ...expected[0], version: "4" }] }, "1.0.0"],
    ] as const;
    for (const [document, cniVersion] of documents) {
      const answer = createLab(t, () => success(document)).call("ADD", { ...withIpam, cniVersion });
      t.same(answer.document, { cniVersion, ips: expected });
    }
    const answer = createLab(t, () => success(old)).call("ADD", {
      ...withIpam,
      cniVersion: "0.2.0",
    });
    t.same(answer.document, { cniVersion: "0.2.0", ...old, dns: {} });
  },
);

t.test(
  "an IPAM plugin that cannot be found is an error that says where it was looked for",
  async (t) => {
    const lab = createLab(t, () => success());
    t.match(lab.call("ADD", { ...config, ipam: { type: "nobody" } }).document, {
      code: 4,
      msg: /^failed to find plugin "nobody" in path \[\S+\/missing \S+\/a \S+\/b\]$/,
    });
    t.match(answerOf(forwarding, { CNI_PATH: ":" }, withIpam).document, {
      code: 4,
      msg: "no paths provided",
    });
  },
);

t.test("an IPAM plugin's error is the plugin's own, with its code", async (t) => {
  for (const verb of ["ADD", "CHECK", "DEL", "GC", "STATUS"]) {
    const error = { code: 11, msg: "no address", details: "range full" };
    const lab = createLab(t, () => failure({ cniVersion: "1.1.0", ...error }));
    t.match(lab.call(verb).document, { ...error, msg: /^no address$/ });
  }
});

t.test("an ADD that failed, or printed no result, is followed by DEL", async (t) => {
  const answers = [failure({ code: 11, msg: "no address" }), success("nonsense"), success("")];
  for (const answer of answers) {
    const lab = createLab(t, ({ env }) => (env?.["CNI_COMMAND"] === "ADD" ? answer : success()));
    const { status, document } = lab.call("ADD");
    t.equal(status, 1);
    t.same(lab.verbs(), ["ADD", "DEL"]);
    t.notOk(document?.["details"]);
  }
});

t.test("a DEL that fails after a failed ADD is told of in the details", async (t) => {
  const lab = createLab(t, ({ env }) => failure({ code: 11, msg: `no ${env?.["CNI_COMMAND"]}` }));
  t.match(lab.call("ADD").document, {
    code: 11,
    msg: "no ADD",
    details: 'cannot run DEL of "ipam-a": no DEL',
  });
});

t.test("a plugin that fails without an error document is told of by what it left", async (t) => {
  const cases: readonly (readonly [Finished, number, string])[] = [
    [failure(""), 999, "netplugin failed with no error message: exit status 1"],
    [
      failure("", { exitCode: undefined, signal: "SIGKILL" }),
      999,
      "netplugin failed with no error message: signal: SIGKILL",
    ],
    [
      failure("", { stderr: "panic: oops\n", exitCode: 2 }),
      999,
      'netplugin failed: "panic: oops\\n": exit status 2',
    ],
    [
      failure("oops", { stderr: "log\n" }),
      999,
      'netplugin failed but error parsing its diagnostic message "oops": error unmarshall error: ' +
        'line 1, column 1: expected a value, found "oops"',
    ],
    [failure({ msg: "no code" }), 999, "no code"],
    [failure({ code: 7 }), 7, "netplugin failed with no error message: exit status 1"],
    [
      failure({ code: "7" }),
      999,
      'netplugin failed but error parsing its diagnostic message "{\\"code\\":\\"7\\"}": "code" ' +
        'must be a whole number, not "7"',
    ],
  ];
  for (const [finished, code, msg] of cases) {
    const { document } = createLab(t, () => finished).call("CHECK");
    t.equal(document?.["msg"], msg);
    t.equal(document?.["code"], code);
  }
});

t.test("a lease that is no result is an error that names the program", async (t) => {
  const lab = createLab(t, ({ env }) => success(env?.["CNI_COMMAND"] === "ADD" ? "[" : ""));
  t.match(lab.call("ADD").document, {
    code: 6,
    msg: `error unmarshall the result of "${lab.file}": line 1, column 2: expected a value or "]"`,
  });
});

t.test("what an IPAM plugin logs is passed on", async (t) => {
  const log = { stderr: "a line\n" };
  t.equal(createLab(t, () => ({ ...success(), ...log })).call("CHECK").stderr, "a line\n");
  t.equal(createLab(t, () => failure({ code: 7, msg: "m" }, log)).call("CHECK").stderr, "a line\n");
});

t.test("a program that is being written is waited for", async (t) => {
  let busy = 3;
  const lab = createLab(t, () => {
    if (busy-- > 0) throw new SyscallError("exec", errnoOf("ETXTBSY"));
    return success();
  });
  t.equal(lab.call("CHECK").status, 0);
  t.equal(lab.runs.length, 4);
});

t.test("a program that cannot be started is an I/O failure", async (t) => {
  const lab = createLab(t, ({ file }) => {
    throw new SyscallError("exec", errnoOf("EACCES"), file);
  });
  t.match(lab.call("CHECK").document, {
    code: 5,
    msg: `netplugin failed with no error message: exec "${lab.file}": permission denied`,
  });
});

t.test("a plugin that names itself as its IPAM plugin does not call itself", async (t) => {
  const named = { ...config, ipam: { type: "test" } };
  for (const verb of ["ADD", "CHECK", "DEL"]) {
    t.match(answerOf(forwarding, { CNI_COMMAND: verb }, named).document, {
      code: 7,
      msg: '"ipam.type" is "test": a plugin cannot be its own IPAM plugin',
    });
  }
  t.equal(answerOf(pluginOf({}), {}, named).status, 0, "which is what IPAM plugins look like");
});

// An IPAM plugin that is in the same executable

function inProcess(
  handlers: Partial<Plugin<unknown>>,
  versions: PluginEntry["versions"] = specVersions,
) {
  const entry: PluginEntry = { ...pluginOf(handlers), name: "ipam-a", versions };
  return {
    isOwnExecutable: () => true,
    findPlugin: (name: string) => (name === "ipam-a" ? entry : undefined),
  };
}

t.test("an IPAM plugin of the same executable is called without starting a process", async (t) => {
  const calls: unknown[] = [];
  const note = (verb: string) => (request: object) => {
    calls.push([verb, "attachment" in request ? request.attachment : undefined]);
    return lease;
  };
  const world = inProcess({
    parseConfig: ({ verb, document }) => calls.push([verb, document]),
    add: note("add"),
    check: note("check"),
    del: note("del"),
    gc: note("gc"),
    status: note("status"),
  });
  const lab = createLab(t, () => t.fail("it executed something") as never);
  const attachment = { network: "net", containerId: "container-a", ifName: "eth0" };
  for (const verb of ["ADD", "CHECK", "DEL", "GC", "STATUS"]) {
    calls.length = 0;
    t.equal(lab.call(verb, withIpam, world).status, 0);
    t.match(calls, [
      [verb, withIpam],
      [verb.toLowerCase(), /^ADD|CHECK|DEL$/.test(verb) ? attachment : {}],
    ]);
  }
});

t.test("it is executed when the file on CNI_PATH is another, or has another name", async (t) => {
  for (const world of [
    { ...inProcess({}), isOwnExecutable: () => false },
    { ...inProcess({}), findPlugin: () => undefined },
  ]) {
    const lab = createLab(t, () => success(lease));
    t.equal(lab.call("ADD", withIpam, world).status, 0);
    t.same(lab.verbs(), ["ADD"]);
  }
});

t.test("called in the process, it sees and gives what it would if it were executed", async (t) => {
  const ips = [{ address: "10.1.2.3/24" }, { address: "10.9.2.3/24" }];
  const interfaces = [{ name: "eth0", mtu: 1500 }];
  const world = inProcess({ add: () => ({ ips, interfaces }) });
  const lab = createLab(t, () => success());
  t.same(lab.call("ADD", { ...withIpam, cniVersion: "0.4.0" }, world).document, {
    cniVersion: "0.4.0",
    interfaces: [{ name: "eth0" }],
    ips: ips.map((ip) => ({ version: "4", ...ip })),
    dns: {},
  });
  t.same(lab.call("ADD", { ...withIpam, cniVersion: "0.2.0" }, world).document, {
    cniVersion: "0.2.0",
    ip4: { ip: "10.1.2.3/24" },
    dns: {},
  });
  t.match(lab.call("ADD", withIpam, inProcess({}, ["0.4.0"])).document, {
    code: 1,
    msg: "incompatible CNI versions",
  });
});

t.test("called in the process, a failing ADD takes back its own and no more", async (t) => {
  const calls: string[] = [];
  const world = inProcess({
    add: ({ undo }) => {
      undo.push("it", () => calls.push("undone"));
      throw new CniError(11, "no address");
    },
    del: () => {
      calls.push("del");
    },
  });
  t.match(createLab(t, () => success()).call("ADD", withIpam, world).document, {
    code: 11,
    msg: "no address",
  });
  t.same(calls, ["undone"], "DEL would also take what an earlier ADD was granted");
});
