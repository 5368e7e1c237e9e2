import fc from "fast-check";
import t from "tap";
import { CniError } from "../../../lib/cni/error.ts";
import type { PluginEntry } from "../../../lib/cni/plugin.ts";
import { errnoOf } from "../../../lib/sys/errno.ts";
import { NotANamespaceError } from "../../../lib/sys/not-a-namespace-error.ts";
import { SyscallError } from "../../../lib/sys/syscall-error.ts";
import { answerOf, config, pluginOf } from "../../support/runtime.ts";

/** Remembers which handler was called. */
function recorder(): { readonly plugin: PluginEntry; readonly calls: string[] } {
  const calls: string[] = [];
  const note = (call: string) => () => {
    calls.push(call);
    return {};
  };
  const plugin = pluginOf({
    add: note("add"),
    check: note("check"),
    del: note("del"),
    gc: note("gc"),
    status: note("status"),
  });
  return { plugin, calls };
}

t.test("each verb calls its handler and no other; only ADD and VERSION print", async (t) => {
  for (const [verb, handler, stdout] of [
    ["ADD", "add", '{\n    "cniVersion": "1.1.0"\n}'],
    ["CHECK", "check", ""],
    ["DEL", "del", ""],
    ["GC", "gc", ""],
    ["STATUS", "status", ""],
  ] as const) {
    const { plugin, calls } = recorder();
    t.match(answerOf(plugin, { CNI_COMMAND: verb }, config), { status: 0, stdout, stderr: "" });
    t.same(calls, [handler]);
  }
});

t.test("a verb that a plugin has no handler for succeeds", async (t) => {
  for (const verb of ["GC", "STATUS"]) {
    t.match(answerOf(pluginOf({}), { CNI_COMMAND: verb }, config), { status: 0, stdout: "" });
  }
});

t.test("VERSION prints one line and reads no stdin", async (t) => {
  const plugin = { ...pluginOf({}), versions: ["0.3.1", "1.0.0"] } as const;
  const readStdin = () => t.fail("it read stdin");
  const answer = answerOf(plugin, { CNI_COMMAND: "VERSION" }, "", { readStdin } as never);
  t.equal(answer.status, 0);
  t.equal(answer.stdout, '{"cniVersion":"1.1.0","supportedVersions":["0.3.1","1.0.0"]}\n');
});

t.test("VERSION does not load the plugin", async (t) => {
  const load = () => t.fail("it loaded the plugin");
  const plugin = { ...pluginOf({}), load } as never;
  t.equal(answerOf(plugin, { CNI_COMMAND: "VERSION", CNI_PATH: "" }, "").status, 0);
});

t.test("without CNI_COMMAND a plugin says on stderr what it is, and succeeds", async (t) => {
  for (const value of [undefined, ""]) {
    const answer = answerOf(pluginOf({}), { CNI_COMMAND: value }, "");
    t.match(answer, { status: 0, stdout: "" });
    t.equal(
      answer.stderr,
      "CNI test plugin test-v1\n" +
        "CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n",
    );
  }
});

t.test("a handler gets what the runtime said", async (t) => {
  let seen: unknown;
  const plugin = pluginOf({
    parseConfig: (input) => input,
    add: ({ config, attachment, network, cniVersion, prevResult }) => {
      seen = { config, attachment, network, cniVersion, prevResult };
      return {};
    },
  });
  const document = { ...config, MTU: 1400, prevResult: { ips: [{ address: "10.1.2.3/24" }] } };
  answerOf(plugin, { CNI_ARGS: "A=b" }, document);
  t.same(seen, {
    config: { verb: "ADD", document, network: "net", cniVersion: "1.1.0", args: "A=b" },
    attachment: { network: "net", containerId: "container-a", ifName: "eth0" },
    network: "net",
    cniVersion: "1.1.0",
    prevResult: { ips: [{ address: "10.1.2.3/24" }] },
  });
});

t.test("stdin is checked before the verb, the verb before the version", async (t) => {
  const verbs = { CNI_COMMAND: "NONSENSE" };
  const msg = (stdin: unknown) => answerOf(pluginOf({}), verbs, stdin).document?.["msg"];
  t.match(msg("{"), "error unmarshall network config");
  t.match(msg({ cniVersion: "9.9.9" }), "missing network name");
  t.match(msg({ cniVersion: "9.9.9", name: "net" }), "unknown CNI_COMMAND: NONSENSE");
});

t.test(
  "bad input gives one error with its code and what would be right, and calls nothing",
  async (t) => {
    const cases: readonly (readonly [
      number,
      string,
      { readonly [name: string]: string },
      unknown,
    ])[] = [
      [
        4,
        "required env variables [CNI_CONTAINERID,CNI_NETNS] missing",
        { CNI_CONTAINERID: "", CNI_NETNS: "" },
        config,
      ],
      [
        4,
        'invalid characters in containerID: CNI_CONTAINERID is "a/b"',
        { CNI_CONTAINERID: "a/b" },
        config,
      ],
      [4, 'interface name is . or ..: CNI_IFNAME is ".."', { CNI_IFNAME: ".." }, config],
      [
        4,
        "unknown CNI_COMMAND: add: it must be ADD, CHECK, DEL, GC, STATUS or VERSION",
        { CNI_COMMAND: "add" },
        config,
      ],
      [6, "error unmarshall network config: nothing to read, it is empty", {}, ""],
      [6, "error unmarshall network config: line 1, column 9: expected a value", {}, '{"name":}'],
      [
        6,
        "error unmarshall network config: it must be an object in braces, not the list []",
        {},
        [],
      ],
      [6, 'error unmarshall network config: "name" must be a string, not 5', {}, { name: 5 }],
      [
        6,
        'decoding version from network config: "cniVersion" must be a string, not 1.1',
        {},
        { name: "net", cniVersion: 1.1 },
      ],
      [7, 'missing network name: the configuration needs a "name"', {}, {}],
      [7, "missing network name", {}, { name: "" }],
      [
        7,
        'invalid characters found in network name: "name" is "a/b" but may only have letters',
        {},
        { name: "a/b" },
      ],
      [
        1,
        'incompatible CNI versions: "cniVersion" is "9.9.9" but must be "0.1.0" or',
        {},
        { ...config, cniVersion: "9.9.9" },
      ],
      [
        1,
        'config version does not allow CHECK: "cniVersion" is "0.3.1" but must be "0.4.0" or later',
        { CNI_COMMAND: "CHECK" },
        { ...config, cniVersion: "0.3.1" },
      ],
      [
        1,
        "config version does not allow GC",
        { CNI_COMMAND: "GC" },
        { ...config, cniVersion: "1.0.0" },
      ],
      [1, "config version does not allow STATUS", { CNI_COMMAND: "STATUS" }, { name: "net" }],
      [
        6,
        '"cniVersion" must be a version such as "1.1.0", not "x"',
        { CNI_COMMAND: "CHECK" },
        { ...config, cniVersion: "x" },
      ],
      [
        7,
        'could not parse prevResult: "prevResult" must be an object, not "x"',
        {},
        { ...config, prevResult: "x" },
      ],
      [
        7,
        'could not parse prevResult: "prevResult.ips[0].address" must be a CIDR',
        {},
        { ...config, prevResult: { ips: [{ address: "x" }] } },
      ],
      [
        7,
        "could not parse prevResult: result type supports [1.0.0 1.1.0] but",
        {},
        { ...config, prevResult: { cniVersion: "0.4.0" } },
      ],
      [
        7,
        '"cni.dev/valid-attachments" must be a list, not "x"',
        { CNI_COMMAND: "GC" },
        { ...config, "cni.dev/valid-attachments": "x" },
      ],
      [
        7,
        'invalid configuration: "ipam" must be an object, not "host-local"',
        {},
        { ...config, ipam: "host-local" },
      ],
      [
        7,
        'invalid configuration: "ipam.type" must be a string, not 1',
        {},
        { ...config, ipam: { type: 1 } },
      ],
      [
        7,
        "invalid plugin name: ../host-local: it must be",
        {},
        { ...config, ipam: { type: "../host-local" } },
      ],
      [7, "invalid plugin name: ..", {}, { ...config, ipam: { type: ".." } }],
      [7, "invalid plugin name: a\0b", {}, { ...config, ipam: { type: "a\0b" } }],
    ];
    for (const [code, msg, env, stdin] of cases) {
      const { plugin, calls } = recorder();
      const { status, document, stdout } = answerOf(plugin, env, stdin);
      t.equal(status, 1);
      t.equal(document?.["code"], code, stdout);
      t.ok(document?.["msg"].startsWith(msg), stdout);
      t.same(calls, []);
    }
  },
);

t.test("an error carries the configuration's version once that is known", async (t) => {
  const versionOf = (stdin: unknown, env = {}) =>
    answerOf(pluginOf({}), env, stdin).document?.["cniVersion"];
  t.equal(versionOf("{"), "1.1.0");
  t.equal(versionOf({ ...config, cniVersion: "0.4.0" }, { CNI_COMMAND: "NONSENSE" }), "0.4.0");
  t.equal(versionOf({ name: "net" }, { CNI_COMMAND: "NONSENSE" }), "0.1.0");
  t.equal(versionOf({ ...config, cniVersion: "9.9.9" }), "1.1.0");
});

t.test("an error is printed as the reference prints it", async (t) => {
  const plugin = pluginOf({
    add: () => {
      throw new CniError(1234, "Potato <b>");
    },
  });
  t.equal(
    answerOf(plugin, {}, config).stdout,
    '{\n    "cniVersion": "1.1.0",\n    "code": 1234,\n    "msg": "Potato \\u003cb\\u003e"\n}',
  );
});

t.test("what a handler throws becomes an error with the code that is true", async (t) => {
  const errorOf = (error: unknown) => {
    const plugin = pluginOf({
      add: () => {
        throw error;
      },
    });
    const { code, msg, details } = answerOf(plugin, {}, config).document ?? {};
    return { code, msg, ...(details && { details }) };
  };
  t.same(errorOf(new CniError(11, "busy", "why")), { code: 11, msg: "busy", details: "why" });
  t.same(errorOf(new Error("anything")), { code: 999, msg: "anything" });
  t.same(errorOf(new TypeError("")), { code: 999, msg: "TypeError" });
  t.same(errorOf("a text"), { code: 999, msg: "a text" });
  t.same(errorOf(new SyscallError("open", errnoOf("EACCES"), "/x")), {
    code: 5,
    msg: 'open "/x": permission denied',
  });
  const errors = [new CniError(7, "one", "first"), new CniError(7, "two")];
  t.same(errorOf(new AggregateError(errors)), { code: 7, msg: "one; two", details: "first" });
  t.same(errorOf(new AggregateError([...errors, new Error("three")])), {
    code: 999,
    msg: "one; two; three",
    details: "first",
  });
});

t.test("a failing ADD takes back what it did, last deed first", async (t) => {
  const undone: string[] = [];
  const plugin = pluginOf({
    add: ({ undo }) => {
      undo.push("one", () => undone.push("one"));
      undo.push("two", () => undone.push("two"));
      throw new CniError(11, "busy");
    },
  });
  t.match(answerOf(plugin, {}, config).document, { code: 11, msg: "busy" });
  t.same(undone, ["two", "one"]);
});

t.test(
  "what could not be taken back is in the details of the error that it followed",
  async (t) => {
    const plugin = pluginOf({
      add: ({ undo }) => {
        undo.push("delete the bridge", () => {
          throw new SyscallError("send", errnoOf("EBUSY"));
        });
        throw new CniError(11, "no address", "range full");
      },
    });
    t.match(answerOf(plugin, {}, config).document, {
      code: 11,
      msg: "no address",
      details: "range full; cannot delete the bridge: send: device or resource busy",
    });
  },
);

t.test("a result that cannot be converted or printed is taken back", async (t) => {
  const attempts = [
    { stdin: { ...config, cniVersion: "0.2.0" }, world: {}, code: 1 },
    {
      stdin: config,
      world: {
        writeStdout: () => {
          throw new SyscallError("write", errnoOf("EPIPE"), "stdout");
        },
      },
      code: undefined,
    },
  ];
  for (const { stdin, world, code } of attempts) {
    const undone: string[] = [];
    const plugin = pluginOf({
      add: ({ undo }) => {
        undo.push("it", () => undone.push("it"));
        return { interfaces: [{ name: "eth0" }] };
      },
    });
    const { status, document, stderr } = answerOf(plugin, {}, stdin, world);
    t.equal(status, 1);
    t.same(undone, ["it"]);
    t.equal(document?.["code"], code);
    if (code === undefined) t.equal(stderr, 'write "stdout": broken pipe\n');
  }
});

t.test("a failure is told even where the C library cannot be called", async (t) => {
  const unusable = () => {
    throw new Error("cannot call the functions of the C library");
  };
  const { status, document } = answerOf(pluginOf({}), {}, config, { writeStdout: unusable });
  t.equal(status, 1);
  t.match(document, { code: 999, msg: "cannot call the functions of the C library" });
});

t.test("the host's own namespace is no container's, and nothing is done to it", async (t) => {
  for (const verb of ["ADD", "DEL"]) {
    const { plugin, calls } = recorder();
    const env = { CNI_COMMAND: verb, CNI_NETNS: "/proc/1/ns/net" };
    const answer = answerOf(plugin, env, config, { isOwnNetns: () => true });
    t.match(answer.document, {
      code: 8,
      msg: "plugin's netns and netns from CNI_NETNS should not be the same",
      details: 'CNI_NETNS is "/proc/1/ns/net"',
    });
    t.same(calls, []);
    const overridden = { ...env, CNI_NETNS_OVERRIDE: "True" };
    t.equal(answerOf(plugin, overridden, config, { isOwnNetns: () => true }).status, 0);
    t.equal(calls.length, 1);
  }
});

t.test("ADD and CHECK say which namespace cannot be opened, with code 8", async (t) => {
  const plugin = pluginOf({
    add: ({ container }) => ({ interfaces: [{ name: container.path }] }),
    check: ({ container }) => void container.path,
  });
  const missing = () => {
    throw new SyscallError("open", errnoOf("ENOENT"), "/run/netns/a");
  };
  const file = () => {
    throw new NotANamespaceError("/run/netns/a");
  };
  for (const verb of ["ADD", "CHECK"]) {
    const errorOf = (openNetns: () => never) =>
      answerOf(plugin, { CNI_COMMAND: verb }, config, { openNetns }).document;
    const msg =
      'failed to open netns "/run/netns/a": CNI_NETNS must be the path of a network namespace: ';
    t.match(errorOf(missing), {
      code: 8,
      msg: `${msg}open "/run/netns/a": no such file or directory`,
    });
    t.match(errorOf(file), { code: 8, msg: `${msg}"/run/netns/a" is not a network namespace` });
  }
});

t.test(
  "DEL goes on without a namespace when there is none, whatever is left at its path",
  async (t) => {
    const goneFor = (env: { readonly CNI_NETNS?: string }, error: Error) => {
      let container: unknown = "not called";
      const plugin = pluginOf({
        del: (request) => {
          container = request.container;
        },
      });
      const openNetns = () => {
        throw error;
      };
      const { document } = answerOf(plugin, { CNI_COMMAND: "DEL", ...env }, config, { openNetns });
      return document ?? container;
    };
    const enoent = new SyscallError("open", errnoOf("ENOENT"));
    t.equal(goneFor({ CNI_NETNS: "" }, new Error("must not be opened")), undefined);
    t.equal(goneFor({}, enoent), undefined);
    t.equal(goneFor({}, new SyscallError("open", errnoOf("ESRCH"))), undefined);
    t.equal(goneFor({}, new SyscallError("open", errnoOf("ENOTDIR"))), undefined);
    t.equal(goneFor({}, new NotANamespaceError("/run/netns/a")), undefined);
    t.match(goneFor({}, new SyscallError("open", errnoOf("EMFILE"))), { code: 5 });
  },
);

t.test("DEL does without a prevResult that cannot be read, and says so on stderr", async (t) => {
  let prevResult: unknown = "not called";
  const plugin = pluginOf({
    del: (request) => {
      prevResult = request.prevResult;
    },
  });
  const answer = answerOf(plugin, { CNI_COMMAND: "DEL" }, { ...config, prevResult: 5 });
  t.match(answer, { status: 0, stdout: "" });
  t.match(
    answer.stderr,
    'warning: could not parse prevResult: "prevResult" must be an object, not 5',
  );
  t.equal(prevResult, undefined);
});

t.test("a configuration without a version means 0.1.0", async (t) => {
  const plugin = pluginOf({ add: () => ({ ips: [{ address: "10.1.2.3/24" }] }) });
  for (const cniVersion of [undefined, null, ""]) {
    const { document } = answerOf(plugin, {}, { name: "net", cniVersion });
    t.same(document, { cniVersion: "0.1.0", ip4: { ip: "10.1.2.3/24" }, dns: {} });
  }
});

t.test("more input than any configuration is refused", async (t) => {
  const readStdin = (limit: number) => new Uint8Array(limit + 1);
  t.match(answerOf(pluginOf({}), {}, "", { readStdin }).document, {
    code: 6,
    msg: "error unmarshall network config: it is longer than 16777216 bytes",
  });
});

t.test("stdin that cannot be read is an I/O failure", async (t) => {
  const readStdin = () => {
    throw new SyscallError("read", errnoOf("EISDIR"), "stdin");
  };
  t.match(answerOf(pluginOf({}), {}, "", { readStdin }).document, {
    code: 5,
    msg: 'error reading from stdin: read "stdin": is a directory',
  });
});

t.test("whatever is on stdin and in the environment, there is one answer and no more", async () => {
  const verb = fc.oneof(
    fc.constantFrom("ADD", "CHECK", "DEL", "GC", "STATUS", "VERSION"),
    fc.string(),
  );
  const env = fc.record(
    {
      CNI_COMMAND: fc.oneof({ weight: 5, arbitrary: verb }, fc.constant("")),
      CNI_CONTAINERID: fc.string(),
      CNI_IFNAME: fc.string(),
      CNI_NETNS: fc.string(),
      CNI_ARGS: fc.string(),
      CNI_PATH: fc.string(),
      CNI_NETNS_OVERRIDE: fc.string(),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const keys = ["name", "cniVersion", "ipam", "prevResult", "type", "cni.dev/valid-attachments"];
  const document = fc.dictionary(
    fc.constantFrom(...keys, ...keys.map((key) => key.toUpperCase())),
    fc.oneof(fc.jsonValue(), fc.constantFrom("1.1.0", "0.2.0", "net")),
  );
  const stdin = fc.oneof(
    fc.string(),
    document.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(env, stdin, (env, text) => {
      const { status, stdout, stderr, document } = answerOf(pluginOf({}), env, text);
      if (status === 1) return document?.["code"] > 0 && document?.["msg"] !== "";
      return env.CNI_COMMAND === "" ? stdout === "" && stderr !== "" : status === 0;
    }),
    { numRuns: 1000 },
  );
});
