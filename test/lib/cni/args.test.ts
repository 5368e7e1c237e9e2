import fc from "fast-check";
import t from "tap";
import { parseArgs } from "../../../lib/cni/args.ts";
import { failureText } from "../../support/cni-error.ts";

t.test("known keys are read, in any order, the last of several equal ones counts", async (t) => {
  t.same(parseArgs("", ["MAC"]), {});
  t.same(parseArgs("MAC=02:00:00:00:00:01", ["MAC"]), { MAC: "02:00:00:00:00:01" });
  t.same(parseArgs("IP=1;GATEWAY=2", ["IP", "GATEWAY"]), { IP: "1", GATEWAY: "2" });
  t.same(parseArgs("IP=1;IP=2", ["IP"]), { IP: "2" });
  t.same(parseArgs("IP=", ["IP"]), { IP: "" });
});

t.test("what Kubernetes sends is passed over, wherever IgnoreUnknown stands", async (t) => {
  const pod = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_UID=5e7a";
  for (const spelling of ["1", "true", "True", "TRUE"]) {
    t.same(parseArgs(`IgnoreUnknown=${spelling};${pod}`, ["IP"]), {});
    t.same(parseArgs(`${pod};IgnoreUnknown=${spelling};IP=10.1.2.3`, ["IP"]), { IP: "10.1.2.3" });
  }
});

t.test("what is wrong is named, with what would be right", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["FOO=bar", '4 ARGS: unknown args ["FOO=bar"]: in CNI_ARGS this plugin knows IP; add "Ignore'],
    ["FOO=bar;IP=1;X=", '4 ARGS: unknown args ["FOO=bar" "X="]'],
    ["FOO=bar;IgnoreUnknown=0", '4 ARGS: unknown args ["FOO=bar"]'],
    ["FOO=bar;IgnoreUnknown=False", '4 ARGS: unknown args ["FOO=bar"]'],
    ["ip=1", '4 ARGS: unknown args ["ip=1"]'],
    ["ignoreunknown=1", '4 ARGS: unknown args ["ignoreunknown=1"]'],
    ["IP=1;", '4 ARGS: invalid pair "": CNI_ARGS is "KEY=VALUE" pairs joined by ";"'],
    [";", '4 ARGS: invalid pair ""'],
    ["IP", '4 ARGS: invalid pair "IP"'],
    ["IP=a=b;IgnoreUnknown=1", '4 ARGS: invalid pair "IP=a=b"'],
    [
      "IgnoreUnknown=yes",
      '4 ARGS: error parsing value of pair "IgnoreUnknown=yes": boolean unmarshal error: invalid input yes',
    ],
    ["IgnoreUnknown=", '4 ARGS: error parsing value of pair "IgnoreUnknown="'],
  ];
  for (const [args, text] of cases)
    t.ok(failureText(() => parseArgs(args, ["IP"])).startsWith(text), args);
});

t.test("pairs that were joined are read back", async () => {
  // Plugins name their keys themselves: none is called "__proto__".
  const word = fc.stringMatching(/^[A-Za-z0-9.:/-]{1,12}$/);
  fc.assert(
    fc.property(fc.dictionary(word, word, { maxKeys: 5 }), (pairs) => {
      const keys = Object.keys(pairs).filter((key) => key !== "IgnoreUnknown");
      const text = keys.map((key) => `${key}=${pairs[key]}`).join(";");
      const read = parseArgs(text, keys);
      return keys.every((key) => read[key] === pairs[key]);
    }),
  );
});
