import t from "tap";
import { parseConflist } from "../../../../lib/cli/runtime/conflist.ts";

function parse(document: unknown) {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return parseConflist(new TextEncoder().encode(text));
}

const plugins = [{ type: "bridge" }];

t.test("the newest version that both sides speak is chosen", async (t) => {
  const cases: [
    cniVersion: string | undefined,
    cniVersions: string[] | undefined,
    chosen: string,
  ][] = [
    [undefined, undefined, ""],
    ["0.4.0", undefined, "0.4.0"],
    ["1.2.3", undefined, "1.2.3"],
    ["0.4.0", ["0.3.1", "1.1.0", "1.0.0"], "1.1.0"],
    ["0.4.0", ["1.0.0", "2.0.0"], "1.0.0"],
    [undefined, ["0.3.0", "0.3.1"], "0.3.1"],
    ["1.1.0", ["0.3.0"], "1.1.0"],
    ["0.4.0", [], "0.4.0"],
    ["9.9.9", ["9.9.8"], "9.9.9"],
  ];
  for (const [cniVersion, cniVersions, chosen] of cases) {
    const { cniVersion: found } = parse({ name: "n", cniVersion, cniVersions, plugins });
    t.equal(found, chosen, `${cniVersion} ${cniVersions}`);
  }
});

t.test("flags may be booleans or words in any case", async (t) => {
  for (const [value, flag] of [
    [true, true],
    [false, false],
    ["TRUE", true],
    ["False", false],
  ] as const) {
    const list = parse({
      name: "n",
      plugins,
      disableCheck: value,
      disableGC: value,
      loadOnlyInlinedPlugins: value,
    });
    t.match(list, { disableCheck: flag, disableGc: flag, loadOnlyInlinedPlugins: flag });
  }
  t.match(parse({ name: "n", plugins }), { disableCheck: false, disableGc: false });
});

t.test("the members of a plugin match in any case, those of the list do not", async (t) => {
  const list = parse({
    name: "n",
    DisableCheck: true,
    plugins: [{ Type: "portmap", CAPABILITIES: { portMappings: true, mac: false } }],
  });
  t.equal(list.disableCheck, false);
  t.match(list.plugins, [{ type: "portmap", capabilities: ["portMappings"] }]);
  t.same(list.plugins[0]?.capabilities, ["portMappings"]);
});

t.test("a list without plugins may have them in files beside it", async (t) => {
  t.same(parse({ name: "n" }).plugins, []);
});

t.test("what is malformed is refused in the words of libcni", async (t) => {
  const list = "error parsing configuration list: ";
  const cases: [unknown, string][] = [
    ["{", `${list}line 1, column 2: `],
    [{ plugins }, `${list}no name`],
    [{ name: 5, plugins }, `${list}invalid name type`],
    [{ name: "n", cniVersion: 1, plugins }, `${list}invalid cniVersion type`],
    [{ name: "n", cniVersions: "1.0.0", plugins }, `${list}invalid type for cniVersions`],
    [{ name: "n", cniVersions: [1], plugins }, `${list}invalid type for cniVersions index 0`],
    [{ name: "n", cniVersions: ["x"], plugins }, `${list}invalid cniVersions entry "x" at index 0`],
    [
      { name: "n", cniVersion: "x", cniVersions: ["1.0.0"], plugins },
      `${list}invalid cniVersion "x"`,
    ],
    [{ name: "n", disableCheck: 1, plugins }, `${list}invalid type for disableCheck`],
    [{ name: "n", disableGC: null, plugins }, `${list}invalid type for disableGC`],
    [{ name: "n", disableGC: "yes", plugins }, `${list}invalid value "yes" for disableGC`],
    [
      { name: "n", loadOnlyInlinedPlugins: true },
      `${list}\`loadOnlyInlinedPlugins\` is true, and no 'plugins' key`,
    ],
    [{ name: "n", plugins: {} }, `${list}invalid 'plugins' type`],
    [{ name: "n", plugins: null }, `${list}invalid 'plugins' type`],
    [{ name: "n", plugins: [] }, `${list}no plugins in list`],
    [
      { name: "n", plugins: [{ type: "a" }, {}] },
      "failed to parse plugin config 1: error parsing configuration: missing 'type'",
    ],
    [{ name: "n", plugins: ["bridge"] }, "failed to parse plugin config 0: it must be an object"],
    [
      { name: "n", plugins: [{ type: "a", capabilities: { mac: "yes" } }] },
      'failed to parse plugin config 0: error parsing configuration: "capabilities.mac" must be',
    ],
  ];
  for (const [document, message] of cases) {
    try {
      parse(document);
      t.fail(`accepted ${JSON.stringify(document)}`);
    } catch (error) {
      const found = error instanceof Error ? error.message : "";
      t.ok(found.startsWith(message), `${found} begins with ${message}`);
    }
  }
});
