import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import t from "tap";
import { parseConflist } from "../../lib/cli/runtime/conflist.ts";
import { findConfigProblems } from "../../lib/cni/config.ts";
import type { Shape } from "../../lib/cni/config-shape.ts";
import type { JsonObject, JsonValue } from "../../lib/cni/json.ts";
import { createLab } from "../support/lab.ts";
import { run } from "../support/namespace.ts";
import { allShapes } from "./all-shapes.ts" with { type: "macro" };

const shapes: Readonly<Record<string, Shape>> = await allShapes();

function readDocument(file: string): JsonObject {
  return JSON.parse(readFileSync(file, "utf8"));
}

const ajv = new Ajv2020({ strict: false });
for (const file of readdirSync("conf/schema")) {
  ajv.addSchema(readDocument(`conf/schema/${file}`), file);
}

function validatorOf(name: string): ValidateFunction {
  const validate = ajv.getSchema(`${name}.json`);
  if (validate === undefined) throw new Error(`conf/schema/${name}.json is missing`);
  return validate;
}

/** Any value but `null`, which plugins take for "not there": nobody has to write it. */
const anyValue: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !JSON.stringify(value).includes("null"))
  .map((value): JsonValue => JSON.parse(JSON.stringify(value)));

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Values as a shape has them, and now and then others. */
function anyLike(shape: Shape): fc.Arbitrary<JsonValue> {
  const bad = fc.oneof(anyValue, anyNumber);
  return fc.oneof({ arbitrary: good(shape), weight: 25 }, { arbitrary: bad, weight: 1 });
}

function good(shape: Shape): fc.Arbitrary<JsonValue> {
  switch (shape.kind) {
    case "boolean":
      return fc.boolean();
    case "string":
      return fc.string();
    case "int":
      return fc.oneof(fc.integer({ min: -3, max: 5000 }), fc.maxSafeInteger());
    case "number":
      return anyNumber;
    case "enum":
      return fc.constantFrom(...shape.values);
    case "list":
      return fc.array(anyLike(shape.element), { maxLength: 3 });
    case "map":
      return fc.dictionary(fc.string(), anyLike(shape.value), { maxKeys: 3 });
    case "object": {
      const members = Object.entries(shape.members).map(
        ([key, each]) => [key, anyLike(each)] as const,
      );
      const model: Record<string, fc.Arbitrary<JsonValue>> = Object.fromEntries(members);
      return fc.record(model, { requiredKeys: [] }).map((object) => ({ ...object }) as JsonObject);
    }
    case "union":
      return fc.oneof(...shape.options.map(anyLike));
    default:
      return anyValue;
  }
}

t.test("the JSON schemas are those of the zod schemas that plugins parse with", async (t) => {
  const bun = process.env["PATCHBAY_BUN"] ?? "bun";
  const { exitCode, stderr } = run([bun, "build/schemas.ts", "--check"]);
  t.same({ exitCode, stderr }, { exitCode: 0, stderr: "" });
});

for (const [name, shape] of Object.entries(shapes)) {
  t.test(`schema and ${name} accept and refuse the same configurations`, async (t) => {
    const validate = validatorOf(name);
    const verdicts = { accepted: 0, refused: 0 };
    const agree = (document: JsonValue) => {
      if (typeof document !== "object" || document === null || Array.isArray(document)) return true;
      const json: JsonObject = JSON.parse(JSON.stringify(document));
      const isAccepted = findConfigProblems(shape, json).length === 0;
      verdicts[isAccepted ? "accepted" : "refused"] += 1;
      return validate(json) === isAccepted;
    };
    fc.assert(fc.property(good(shape), agree), { numRuns: 400 });
    t.ok(verdicts.accepted > 20 && verdicts.refused > 20, JSON.stringify(verdicts));
  });
}

t.test("the executables agree with the schemas", async (t) => {
  const lab = createLab(t);
  const base = { cniVersion: "1.1.0", name: "net" };
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.1.0.0/16" }]] };
  const documents: readonly [plugin: string, document: JsonObject, isRight: boolean][] = [
    ["bridge", {}, true],
    ["bridge", { mtu: 1400, vlanTrunk: [{ id: 5 }], isGateway: true, unknown: [{}] }, true],
    ["bridge", { mtu: "1400" }, false],
    ["bridge", { isGateway: "true" }, false],
    ["bridge", { vlan: 1.5 }, false],
    ["bridge", { vlanTrunk: { id: 5 } }, false],
    ["bridge", { ipam: "host-local" }, false],
    ["bridge", { dns: { nameservers: "1.1.1.1" } }, false],
    ["host-local", { ipam }, true],
    ["host-local", { ipam: { ...ipam, ranges: [{ subnet: "10.1.0.0/16" }] } }, false],
    ["host-local", { ipam: { ...ipam, routes: [{ gw: "10.1.0.1" }] } }, false],
    ["host-local", { ipam: { ...ipam, dataDir: 5 } }, false],
  ];
  for (const [plugin, document, isRight] of documents) {
    const { error } = lab.cni("STATUS", plugin, { ...base, ...document });
    t.equal(error?.code !== 7, isRight, `${plugin} ${JSON.stringify(document)}: ${error?.msg}`);
    t.equal(validatorOf(plugin)(document), isRight, `schema: ${JSON.stringify(document)}`);
  }
});

t.test("the schema of networks agrees with what loads them", async (t) => {
  const plugins = [{ type: "bridge" }];
  const documents: readonly [document: JsonObject, isRight: boolean][] = [
    [{ name: "n", plugins }, true],
    [{ name: "n" }, true],
    [{ name: "n", plugins, cniVersion: "1.1.0", cniVersions: ["0.4.0"], disableGC: "True" }, true],
    [{ name: "n", plugins: [{ type: "x", capabilities: { a: true } }] }, true],
    [{ plugins }, false],
    [{ name: 1, plugins }, false],
    [{ name: "n", plugins: [] }, false],
    [{ name: "n", plugins: {} }, false],
    [{ name: "n", plugins: [{}] }, false],
    [{ name: "n", plugins: [{ type: "x", capabilities: { a: 1 } }] }, false],
    [{ name: "n", plugins, disableCheck: "no" }, false],
    [{ name: "n", plugins, cniVersions: "1.0.0" }, false],
    [{ name: "n", plugins, cniVersions: ["new"] }, false],
  ];
  const validate = validatorOf("conflist");
  for (const [document, isRight] of documents) {
    const text = JSON.stringify(document);
    const parse = () => parseConflist(new TextEncoder().encode(text));
    if (isRight) t.doesNotThrow(parse, text);
    else t.throws(parse, text);
    t.equal(validate(document), isRight, text);
  }
});

t.test("the schema of networks looks into plugins and their IPAM", async (t) => {
  const validate = validatorOf("conflist");
  const network = (plugin: JsonObject) => ({ name: "n", plugins: [plugin] });
  t.ok(validate(network({ type: "bridge", mtu: 1400 })));
  t.notOk(validate(network({ type: "bridge", mtu: "1400" })));
  t.ok(validate(network({ type: "another", mtu: "1400" })));
  t.notOk(validate(network({ type: "bridge", ipam: { type: "host-local", ranges: 5 } })));
  t.ok(validate(network({ type: "bridge", ipam: { type: "another", ranges: 5 } })));
  t.notOk(validate(network({ type: "bridge", log: { file: "relative" } })));
});

t.test("every example names its schema, and fits it", async (t) => {
  for (const file of readdirSync("conf").filter((name) => name.endsWith(".conflist"))) {
    const document = readDocument(`conf/${file}`);
    t.equal(document["$schema"], "./schema/conflist.json", file);
    const validate = validatorOf("conflist");
    t.ok(validate(document), `${file}: ${ajv.errorsText(validate.errors)}`);
  }
});
