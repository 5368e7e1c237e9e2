import type { Json } from "../../support/outcome.ts";

const range = { subnet: "10.1.2.0/24" };

/** A document that all plugins take. */
export const good: Json = {
  cniVersion: "1.1.0",
  name: "net",
  bridge: "br-test",
  ipam: { type: "host-local", ranges: [[range]] },
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};

const goodStart = JSON.stringify(good).slice(0, -1);
const megabyte = 2 ** 20;

export type Monsters = readonly (readonly [what: string, stdin: string | Uint8Array])[];

/** Documents that are large, deep or odd as a whole. */
export const monsters: Monsters = [
  ["100,000 brackets", `{"a":${"[".repeat(100_000)}`],
  ["9,990 levels", nest("a")],
  ["9,990 levels of ipam", nest("ipam")],
  ["9,990 levels of prevResult", nest("prevResult")],
  ["9,990 levels of runtimeConfig", nest("runtimeConfig")],
  ["9,990 levels of valid attachments", nest("cni.dev/valid-attachments")],
  ["9,990 levels of a name", `{"name":${"[".repeat(9_990)}${"]".repeat(9_990)}}`],
  ["100,000 keys", `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":${n}`)},"name":"net"}`],
  ["the same key 10,000 times", `{${'"ipam":{"type":"x"},'.repeat(10_000)}"name":"net"}`],
  ["60,000 port mappings", JSON.stringify(withPorts(60_000))],
  ["50,000 ranges", JSON.stringify(withRanges(50_000))],
  ["a NUL", '{"name":"net\0"}'],
  ["a NUL in an escape", '{"cniVersion":"1.1.0","name":"n\\u0000"}'],
  ["a lone surrogate", '{"cniVersion":"1.1.0","name":"\\ud800"}'],
  ["UTF-16", Buffer.from(`\uFEFF${JSON.stringify(good)}`, "utf16le")],
  ["a byte order mark", `\uFEFF${JSON.stringify(good)}`],
  ["Latin-1", Buffer.from('{"name":"caf\xe9"}', "latin1")],
  ["an overlong slash", Buffer.from('{"name":"..\xc0\xaf"}', "latin1")],
  ["__proto__", '{"__proto__":{"name":"net","cniVersion":"1.1.0","ipam":{"type":"host-local"}}}'],
  ["constructor", `${goodStart},"constructor":{"prototype":{"x":1}}}`],
];

/** Documents that never get beyond the parser, which is the same for all plugins. */
export const giants: Monsters = [
  ["17 MiB", `{"name":"net","a":"${"x".repeat(17 * megabyte)}"}`],
  ["15 MiB that are right", `${goodStart},"a":"${"x".repeat(15 * megabyte)}"}`],
  ...["x", "\\u0041", '\\"', "\\", " ", "[]", "1", '"', "é"].map((text) => {
    const what = `15 MiB of ${text} and no end`;
    const times = (15 * megabyte) / Buffer.byteLength(text);
    return [what, `${goodStart},"a":"${text.repeat(times)}`] as const;
  }),
  ["15 MiB of digits", `${goodStart},"a":${"1".repeat(15 * megabyte)}x`],
  ["15 MiB of blanks", " ".repeat(15 * megabyte)],
];

function nest(key: string): string {
  const levels = 9_990 / 2;
  const inner = `${'{"a":['.repeat(levels)}1${"]}".repeat(levels)}`;
  return JSON.stringify({ ...good, [key]: 0 }).replace(`"${key}":0`, `"${key}":${inner}`);
}

function withPorts(length: number): Json {
  const portMappings = Array.from({ length }, (_, index) => {
    return { hostPort: index + 1, containerPort: 80, protocol: "sctp" };
  });
  const prevResult = { cniVersion: "1.1.0", interfaces: [], ips: [{ address: "10.1.2.2/24" }] };
  return { ...good, runtimeConfig: { portMappings }, prevResult };
}

function withRanges(length: number): Json {
  return { ...good, ipam: { type: "host-local", ranges: Array.from({ length }, () => [range]) } };
}
