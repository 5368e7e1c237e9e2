import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import t from "tap";
import {
  findCachedAttachment,
  listCachedAttachments,
  removeCachedAttachment,
  writeCachedAttachment,
} from "../../../../lib/cli/runtime/result-cache.ts";

const attachment = {
  network: "podnet",
  containerId: "cnitool-77383ca0a0715733ca6f",
  ifName: "eth0",
};
const { containerId, ifName } = attachment;
const cached = {
  ...attachment,
  conf: {
    containerId,
    ifName,
    netns: "/var/run/netns/testing",
    args: [
      ["IgnoreUnknown", "1"],
      ["A", "b&c"],
    ],
    capabilityArgs: { portMappings: [{ protocol: "tcp", hostPort: 8080, containerPort: 80 }] },
  },
  config: new TextEncoder().encode('{"name":"podnet"}\n'),
  result: {
    ips: [{ interface: 2, address: "10.99.0.2/24", gateway: "10.99.0.1" }],
    cniVersion: "1.0.0",
  },
} as const;

/** As libcni wrote it for the same attachment. */
const recorded =
  '{"kind":"cniCacheV1","containerId":"cnitool-77383ca0a0715733ca6f","config":"eyJuYW1lIjoicG9kbmV0In0K",' +
  '"ifName":"eth0","networkName":"podnet","netns":"/var/run/netns/testing","cniArgs":[["IgnoreUnknown","1"],' +
  '["A","b\\u0026c"]],"capabilityArgs":{"portMappings":[{"containerPort":80,"hostPort":8080,"protocol":"tcp"}]},' +
  '"result":{"cniVersion":"1.0.0","ips":[{"address":"10.99.0.2/24","gateway":"10.99.0.1","interface":2}]}}';

const fileName = "podnet-cnitool-77383ca0a0715733ca6f-eth0";

t.test("an attachment is remembered as libcni remembers it, to the byte", async (t) => {
  const directory = t.testdir();
  writeCachedAttachment(directory, cached);
  t.equal(readFileSync(`${directory}/results/${fileName}`, "utf8"), recorded);
  t.equal(statSync(`${directory}/results`).mode & 0o777, 0o700);
  t.equal(statSync(`${directory}/results/${fileName}`).mode & 0o777, 0o600);
  t.same(readdirSync(directory), ["results"]);
});

t.test("what libcni remembers is understood", async (t) => {
  const directory = t.testdir({ results: { [fileName]: recorded } });
  t.same(findCachedAttachment(directory, attachment), {
    ...cached,
    config: Buffer.from(cached.config),
  });
  removeCachedAttachment(directory, attachment);
  removeCachedAttachment(directory, attachment);
  t.equal(findCachedAttachment(directory, attachment), undefined);
});

t.test("what says nothing is left out", async (t) => {
  const directory = t.testdir();
  const conf = { ...cached.conf, netns: "", args: [], capabilityArgs: {} };
  writeCachedAttachment(directory, { ...cached, conf, result: {} });
  t.equal(
    readFileSync(`${directory}/results/${fileName}`, "utf8"),
    '{"kind":"cniCacheV1","containerId":"cnitool-77383ca0a0715733ca6f","config":"eyJuYW1lIjoicG9kbmV0In0K","ifName":"eth0","networkName":"podnet"}',
  );
});

t.test("the bare result of an older libcni is a result and nothing else", async (t) => {
  const result = { cniVersion: "0.3.1", ips: [] };
  const directory = t.testdir({ results: { [fileName]: JSON.stringify(result) } });
  t.match(findCachedAttachment(directory, attachment), { result, conf: { args: [] } });
});

t.test(
  "a damaged file is an error for its attachment, and no hindrance for the list",
  async (t) => {
    const directory = t.testdir();
    mkdirSync(`${directory}/results`);
    t.same(listCachedAttachments(`${directory}/missing`, "podnet"), []);
    writeFileSync(`${directory}/results/${fileName}`, "{");
    writeFileSync(`${directory}/results/podnet-b-eth0`, recorded.replace(containerId, "b"));
    writeFileSync(`${directory}/results/other-c-eth0`, recorded.replace('"podnet"', '"other"'));
    writeFileSync(`${directory}/results/podnet-d-eth0`, recorded.replace("cniCacheV1", "v9"));
    t.throws(() => findCachedAttachment(directory, attachment), { name: "CniError", code: 6 });
    const found = listCachedAttachments(directory, "podnet");
    t.same(
      found.map((each) => each.containerId),
      ["b"],
    );
  },
);
