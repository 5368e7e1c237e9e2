import { createRequire } from "node:module";
import fc from "fast-check";
import * as ifla from "netlink/dist/rt/ifla.js";
import * as rt from "netlink/dist/rt/structs.js";
import * as structs from "netlink/dist/structs.js";
import t from "tap";
import { toModule } from "../../build/netlink-modules.ts";

/** Bundled as ES modules, and as the package has them. */
const pairs = Object.entries({ "rt/ifla": ifla, "rt/structs": rt, structs }).map(
  ([name, bundled]) => ({ name, bundled: members(bundled), original: members(load(name)) }),
);

type Members = { readonly [name: string]: unknown };

function load(name: string): object {
  return createRequire(`${process.cwd()}/`)(`netlink/dist/${name}.js`);
}

function members(module: object): Members {
  return Object.fromEntries(Object.entries(module).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a call gives, or how it fails. */
function outcomeOf(call: unknown, ...args: unknown[]): unknown {
  if (typeof call !== "function") throw new TypeError("not a function");
  try {
    return call(...args);
  } catch (error) {
    return String(error);
  }
}

/** Attributes of small types, some in others, as most of what the codec reads. */
const attributes = fc.letrec<{ readonly list: Buffer; readonly value: Buffer }>((tie) => ({
  list: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 }), tie("value")), { maxLength: 4 })
    .map((list) => Buffer.concat(list.map(([type, value]) => encodeAttribute(type, value)))),
  value: fc.oneof({ maxDepth: 3 }, bytes([0, 1, 2, 4, 6, 8, 16]), tie("list")),
}));

function bytes(lengths: readonly number[]) {
  return fc
    .constantFrom(...lengths)
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
    .map((array) => Buffer.from(array));
}

function encodeAttribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + value.length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, value, Buffer.alloc(-value.length & 3)]);
}

/** A fixed head of any length, then attributes. */
const payload = fc
  .tuple(bytes([0, 4, 8, 12, 16, 20]), attributes.list)
  .map((parts) => Buffer.concat(parts));

t.test("the netlink package's modules export after bundling what they export before", (t) => {
  for (const { name, bundled, original } of pairs) {
    t.same(Object.keys(bundled), Object.keys(original), name);
    const values = Object.entries(original).filter(([, value]) => typeof value !== "function");
    t.ok(values.length > 1);
    for (const [key, value] of values) t.same(bundled[key], value, key);
  }
  t.end();
});

t.test("the bundled codec reads every kind of message as the package does", (t) => {
  const readers = pairs.flatMap(({ bundled, original }) =>
    Object.keys(original)
      .filter((name) => /^parse[A-Z_]/.test(name) && original[name]?.toString().includes("(r)"))
      .map((name) => ({ name, bundled: bundled[name], original: original[name] })),
  );
  t.ok(readers.length > 100);
  fc.assert(
    fc.property(payload, (input) => {
      for (const { name, bundled, original } of readers) {
        t.same(outcomeOf(bundled, input), outcomeOf(original, input), name);
      }
      return t.passing();
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test("the bundled codec writes back what it read as the package does", (t) => {
  const write = (streams: Members, formatted: unknown) => {
    const { AttrStream } = streams as unknown as typeof structs;
    const out = new AttrStream();
    out.emit(formatted as Uint8Array);
    return Buffer.concat(out.bufs).toString("hex");
  };
  const [bundledStreams = {}, originalStreams = {}] = pairs
    .filter(({ name }) => name === "structs")
    .flatMap(({ bundled, original }) => [bundled, original]);
  let written = 0;
  fc.assert(
    fc.property(payload, (input) => {
      for (const { bundled, original } of pairs) {
        for (const name of Object.keys(original)) {
          const format = name.replace(/^parse/, "format");
          if (format === name || /Message/.test(name) || original[format] === undefined) continue;
          const value = outcomeOf(original[name], input);
          if (typeof value === "string") continue;
          const [here, there] = [bundled, original].map((each) => outcomeOf(each[format], value));
          if (typeof there === "string") t.equal(here, there, format);
          else t.equal(write(bundledStreams, here), write(originalStreams, there), format);
          written += 1;
        }
      }
      return t.passing();
    }),
    { numRuns: 30 },
  );
  t.ok(written > 100);
  t.end();
});

t.test("a module in a form that is not known is refused, not bundled wrong", (t) => {
  const refusals = {
    'exports.a = void 0;\nmodule.exports = require("x");': /unknown CommonJS/,
    'exports.a = void 0;\nconst x = require("elsewhere");': /unknown CommonJS/,
    "exports.a = void 0;\nObject.assign(exports, { a: 1 });": /unknown CommonJS/,
    "exports.a = exports.b = void 0;\nexports.a = 1;": /lost the exports b/,
  };
  for (const [source, reason] of Object.entries(refusals)) {
    t.throws(() => toModule("x.js", source), reason, source);
  }
  t.end();
});
