import t from "tap";
import { parsePluginConf } from "../../../../lib/cli/runtime/plugin-conf.ts";
import { formatPluginInput } from "../../../../lib/cli/runtime/plugin-input.ts";

const network = { name: "net", cniVersion: "1.1.0" };
const plugin = parsePluginConf({
  type: "portmap",
  snat: true,
  capabilities: { portMappings: true, mac: false },
});

t.test("a plugin is told name and version, and all that the administrator wrote", async (t) => {
  t.equal(
    formatPluginInput(network, plugin, {}),
    '{"capabilities":{"mac":false,"portMappings":true},"cniVersion":"1.1.0","name":"net","snat":true,"type":"portmap"}',
  );
});

t.test("only capabilities that are declared, and true, are passed on", async (t) => {
  const capabilityArgs = { portMappings: [{ hostPort: 1 }], mac: "02:00:00:00:00:01", ips: [] };
  t.match(JSON.parse(formatPluginInput(network, plugin, { capabilityArgs })), {
    runtimeConfig: { portMappings: [{ hostPort: 1 }] },
  });
  t.notMatch(formatPluginInput(network, plugin, { capabilityArgs }), "02:00");
  t.notMatch(formatPluginInput(network, plugin, { capabilityArgs: { mac: "x" } }), "runtimeConfig");
});

t.test("the result of the plugin before comes as prevResult", async (t) => {
  const prevResult = { cniVersion: "1.1.0", ips: [] };
  t.match(JSON.parse(formatPluginInput(network, plugin, { prevResult })), { prevResult });
});

t.test("valid attachments are told under both names, unless nothing is said of them", async (t) => {
  const validAttachments = [{ containerID: "a", ifname: "eth0" }];
  t.match(JSON.parse(formatPluginInput(network, plugin, { validAttachments })), {
    "cni.dev/valid-attachments": validAttachments,
    "cni.dev/attachments": validAttachments,
  });
  t.match(formatPluginInput(network, plugin, { validAttachments: [] }), 'attachments":[]');
  t.notMatch(formatPluginInput(network, plugin, { validAttachments: undefined }), "attachments");
});

t.test("what would be special in HTML is escaped, as Go does", async (t) => {
  const { document } = plugin;
  const odd = parsePluginConf({ ...document, "b<": "&", a: 1e21 });
  t.match(formatPluginInput(network, odd, {}), '"a":1e+21,"b\\u003c":"\\u0026","cap');
});
