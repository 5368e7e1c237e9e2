import t from "tap";
import { findOffences } from "../../build/layer-rules.ts";

/** @returns what is wrong with `source` at `file`, in a product that has the files it imports */
function judge(file: string, source: string): string[] {
  const present = [
    "plugins/bridge/port.ts",
    "plugins/names.ts",
    "ipam/host-local/store.ts",
    "lib/cni/result.ts",
    "lib/firewall/masquerade.ts",
    "lib/kernel/links.ts",
    "lib/netlink/connection.ts",
    "lib/sys/libc.ts",
    "lib/sys/file-lock.ts",
    "lib/ip/cidr.ts",
  ];
  const sources = new Map(present.map((path) => [path, ""]));
  return findOffences(sources.set(file, source)).map(
    (offence) => `${offence.file}:${offence.line}: ${offence.reason}`,
  );
}

t.test("imports that point down pass", async (t) => {
  const good: [string, string][] = [
    ["plugins/main.ts", 'const load = () => import("./bridge/port.ts");'],
    ["plugins/main.ts", 'import { pluginNames } from "./names.ts";'],
    ["plugins/bridge/bridge.ts", 'import { port } from "./port.ts";'],
    ["plugins/bridge/bridge.ts", 'import { links } from "../../lib/kernel/links.ts";'],
    ["ipam/host-local/host-local.ts", 'import { lock } from "../../lib/sys/file-lock.ts";'],
    ["lib/cli/log.ts", 'import { lock } from "../sys/file-lock.ts";'],
    ["lib/cni/ipam.ts", 'import { lock } from "../sys/file-lock.ts";'],
    ["lib/kernel/sysctl.ts", 'import { open } from "../sys/libc.ts";'],
    ["lib/sys/netns.ts", 'import { setns } from "./libc.ts";\nsetns(1, 2);'],
    ["lib/sys/clock.ts", 'import { read } from "node:fs";\n// import x from "../cni/result.ts";'],
  ];
  for (const [file, source] of good) t.same(judge(file, source), [], `${file}: ${source}`);
});

t.test("an import that does not point down is named with its line", async (t) => {
  const bad: [string, string, string][] = [
    [
      "lib/sys/clock.ts",
      '/* one\n   two */\nimport type {\n  Result,\n} from "../cni/result.ts";',
      "lib/sys/clock.ts:5: imports lib/cni/result.ts: layer 5 is above layer 1",
    ],
    [
      "lib/ip/range.ts",
      'import "../sys/file-lock.ts";',
      "lib/ip/range.ts:1: imports lib/sys/file-lock.ts: layer 1 is above layer 0",
    ],
    [
      "plugins/bridge/bridge.ts",
      'export * from "../../lib/netlink/connection.ts";',
      "plugins/bridge/bridge.ts:1: imports lib/netlink/connection.ts: too deep for layer 6",
    ],
    [
      "plugins/bridge/bridge.ts",
      'const lock = await import("../../lib/sys/file-lock.ts");',
      "plugins/bridge/bridge.ts:1: imports lib/sys/file-lock.ts: too deep for layer 6",
    ],
    [
      "ipam/host-local/allocator.ts",
      'import { flock } from "../../lib/sys/libc.ts";',
      "ipam/host-local/allocator.ts:1: imports lib/sys/libc.ts: too deep for layer 6",
    ],
    [
      "lib/netlink/message.ts",
      'import { send } from "../sys/libc.ts";',
      "lib/netlink/message.ts:1: imports lib/sys/libc.ts: too deep for layer 2",
    ],
    [
      "lib/cni/run.ts",
      'import { connect } from "../netlink/connection.ts";',
      "lib/cni/run.ts:1: imports lib/netlink/connection.ts: too deep for layer 5",
    ],
    [
      "plugins/ptp/ptp.ts",
      'import { port } from "../bridge/port.ts";',
      "plugins/ptp/ptp.ts:1: imports plugins/bridge/port.ts: a plugin must not import another",
    ],
    [
      "plugins/bridge/bridge.ts",
      'const store = require("../../ipam/host-local/store.ts");',
      "plugins/bridge/bridge.ts:1: imports ipam/host-local/store.ts: a plugin must not import another",
    ],
    [
      "lib/cni/run.ts",
      'import { lab } from "../../test/support/lab.ts";',
      "lib/cni/run.ts:1: imports test/support/lab.ts, which is outside the product",
    ],
    [
      "lib/cni/run.ts",
      'import { x } from "./gone.ts";',
      "lib/cni/run.ts:1: imports lib/cni/gone.ts, which does not exist",
    ],
  ];
  for (const [file, source, offence] of bad) t.same(judge(file, source), [offence]);
});

t.test("a package is imported only where it belongs", async (t) => {
  const bad: [string, string, string][] = [
    ["lib/sys/netns.ts", "bun:ffi", "only lib/sys/libc.ts may"],
    ["lib/kernel/links.ts", "netlink/dist/rt/structs.js", "only lib/netlink/ may"],
    ["plugins/bridge/config.ts", "zod", "nothing may"],
    ["lib/cni/run.ts", "execa", "only lib/cli/ may"],
  ];
  for (const [file, name, reason] of bad) {
    const offence = `${file}:2: imports "${name}", which ${reason}`;
    t.same(judge(file, `\nimport x from "${name}";`), [offence]);
  }
  t.same(judge("plugins/bridge/config.ts", 'import { object } from "zod/mini";'), []);
});

t.test("an import cycle is named with the files along it", async (t) => {
  const sources = new Map([
    ["lib/ip/a.ts", 'import "./b.ts";'],
    ["lib/ip/b.ts", '\nimport type { C } from "./c.ts";'],
    ["lib/ip/c.ts", 'import "./b.ts";'],
  ]);
  t.same(findOffences(sources), [
    {
      file: "lib/ip/c.ts",
      line: 1,
      reason: "closes an import cycle: lib/ip/b.ts → lib/ip/c.ts → lib/ip/b.ts",
    },
  ]);
});

t.test("only one file moves the thread to another namespace", async (t) => {
  const source = 'import { sys } from "../sys/clock.ts";\n\n// not setns\nsys.setns(fd, 0);';
  const offences = judge("lib/kernel/netns.ts", source);
  t.match(offences, [
    "imports lib/sys/clock.ts, which does not exist",
    /:4: calls setns, which only/,
  ]);
});
