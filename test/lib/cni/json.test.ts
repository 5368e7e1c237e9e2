import fc from "fast-check";
import t from "tap";
import { findMember, formatJson, parseJson } from "../../../lib/cni/json.ts";
import { findSyntaxError } from "../../../lib/cni/json-syntax.ts";
import { failureOf, failureText } from "../../support/cni-error.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

t.test("what is not a JSON object is refused with code 6, saying where and why", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "nothing to read, it is empty"],
    [" \n", "nothing to read, it is empty"],
    ["[1]", "it must be an object in braces, not the list [1]"],
    ['"text"', 'it must be an object in braces, not "text"'],
    ["42", "it must be an object in braces, not 42"],
    ["{", 'line 1, column 2: expected a key in double quotes or "}", found the end of the text'],
    ['{"a" 1}', 'line 1, column 6: expected ":" after the key, found 1'],
    ['{"a":1,}', "line 1, column 8: expected a key in double quotes, found }"],
    ['{"a":1 "b":2}', 'line 1, column 8: expected "," or "}", found "b"'],
    ['{"a":[1,]}', "line 1, column 9: expected a value, found ]"],
    ['{"a":[1 2]}', 'line 1, column 9: expected "," or "]", found 2'],
    ['{"a":\n  nul}', 'line 2, column 3: expected a value, found "nul"'],
    ['{"a":01}', 'line 1, column 6: expected a value, found "01"'],
    ['{"a":.5}', 'line 1, column 6: expected a value, found ".5"'],
    ["{'a':1}", `line 1, column 2: expected a key in double quotes or "}", found "'a'"`],
    ['{"a":1} x', 'line 1, column 9: expected nothing more, found "x"'],
    ["{}{}", "line 1, column 3: expected nothing more, found {"],
    ["\uFEFF{}", "line 1, column 1: expected a value, found a byte order mark"],
    ["\0", "line 1, column 1: expected a value, found a NUL byte"],
    ['{"a":"x\ny"}', "line 1, column 6: expected a value, found a string with no end"],
    ['{"a":"\\x"}', "line 1, column 6: expected a value, found a string with no end"],
    ['{"a":"x', "line 1, column 6: expected a value, found a string with no end"],
    [`{"a":"${"x".repeat(100_000)}`, "line 1, column 6: expected a value, found a string with no"],
    ['{"a":"\u007f\u009f" 1}', 'line 1, column 11: expected "," or "}", found 1'],
  ];
  for (const [text, reason] of cases) {
    const { code, msg } = failureOf(() => parseJson(bytes(text)));
    const name = text.slice(0, 40);
    t.equal(code, 6, name);
    t.ok(msg.startsWith(`error unmarshall network config: ${reason}`), `${name}: ${msg}`);
  }
});

t.test("text that is not UTF-8 is refused with code 6 and the position", async (t) => {
  const text = Uint8Array.of(0x7b, 0x0a, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d);
  t.match(
    failureText(() => parseJson(text)),
    "6 error unmarshall network config: line 2, column 2: expected UTF-8 text",
  );
});

t.test("nesting is limited as in Go: 10,000 levels are read, one more is refused", async (t) => {
  const nested = (depth: number) => bytes(`{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);
  t.ok(parseJson(nested(10_000)));
  t.match(
    failureText(() => parseJson(nested(10_001))),
    "6 error unmarshall network config: objects and lists may be nested 10000 deep, not deeper",
  );
  t.ok(parseJson(bytes(JSON.stringify({ a: "[".repeat(20_000) }))), "brackets in strings are none");
  t.match(
    failureText(() => parseJson(bytes('{"a":'.repeat(100_000)))),
    "nested 10000 deep",
  );
});

t.test("null stands for an empty object, as in the reference", async (t) => {
  t.same(parseJson(bytes("null")), {});
});

t.test("the last of several equal keys counts", async (t) => {
  t.same(parseJson(bytes('{"a":1,"a":2}')), { a: 2 });
});

t.test("a member is found without regard to case, the last spelling counts", async (t) => {
  t.equal(findMember({ MTU: 1, mtu: 2 }, "mtu"), 2);
  t.equal(findMember({ mtu: 2, MTU: 1 }, "mtu"), 1);
  t.equal(findMember({ mtu: 2, MTU: null }, "mtu"), 2);
  t.equal(findMember({ mtu: null }, "mtu"), undefined);
  t.equal(findMember({}, "toString"), undefined);
});

t.test("JSON is written as Go writes it", async (t) => {
  t.equal(
    formatJson({ a: [], b: {}, c: [1] }),
    '{\n    "a": [],\n    "b": {},\n    "c": [\n        1\n    ]\n}',
  );
  t.equal(
    formatJson("<a & b>\u2028\u2029\t\u007f"),
    '"\\u003ca \\u0026 b\\u003e\\u2028\\u2029\\t\u007f"',
  );
});

t.test("the syntax checker agrees with JSON.parse about what is JSON", async () => {
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const fragment = fc.constantFrom(
    ...'{}[],:"\\0-1.eE+ \n\ta',
    "true",
    "null",
    '"a"',
    "\\u00e9",
    '{"a":',
  );
  const nearJson = fc.oneof(
    fc
      .json()
      .chain((text) =>
        fc
          .tuple(fc.nat(text.length), fragment)
          .map(([at, extra]) => text.slice(0, at) + extra + text.slice(at)),
      ),
    fc
      .json()
      .chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1))),
    fc.array(fragment, { maxLength: 12 }).map((fragments) => fragments.join("")),
    fc.json(),
  );
  fc.assert(
    fc.property(nearJson, (text) => (findSyntaxError(text) === undefined) === isJson(text)),
    { numRuns: 1000 },
  );
});

t.test("what is written is read back", async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const read = parseJson(bytes(formatJson(value)));
      return formatJson(read) === formatJson(JSON.parse(JSON.stringify(value)));
    }),
  );
});
