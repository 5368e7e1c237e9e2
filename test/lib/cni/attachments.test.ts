import t from "tap";
import { parseAttachments } from "../../../lib/cni/attachments.ts";
import { failureText } from "../../support/cni-error.ts";

const attachment = { containerID: "a", ifname: "eth0" };

t.test("exactly the attachments of the list are valid", async (t) => {
  const isValid = parseAttachments({
    "cni.dev/valid-attachments": [attachment, { containerID: "b", ifname: "net1" }],
  });
  t.ok(isValid("a", "eth0"));
  t.ok(isValid("b", "net1"));
  t.notOk(isValid("a", "net1"));
  t.notOk(isValid("b", "eth0"));
  t.notOk(isValid("", ""));
});

t.test("the list is found under the name that libcni also writes", async (t) => {
  t.ok(parseAttachments({ "cni.dev/attachments": [attachment] })("a", "eth0"));
  const both = { "cni.dev/valid-attachments": [attachment], "cni.dev/attachments": [] };
  t.ok(parseAttachments(both)("a", "eth0"), "the name of the specification counts");
});

t.test("no list, null and an empty list all mean that nothing is valid", async (t) => {
  const key = "cni.dev/valid-attachments";
  for (const document of [{}, { [key]: null }, { [key]: [] }]) {
    t.notOk(parseAttachments(document)("a", "eth0"));
  }
});

t.test("keys match without regard to case", async (t) => {
  const document = { "cni.dev/valid-attachments": [{ containerId: "a", ifName: "eth0" }] };
  t.ok(parseAttachments(document)("a", "eth0"));
});

t.test("a list that cannot be understood removes nothing: it is an error", async (t) => {
  const key = "cni.dev/valid-attachments";
  for (const [value, what] of [
    ["a", `"${key}" must be a list, not "a"`],
    [{}, `"${key}" must be a list, not the object {}`],
    [["a"], `"${key}[0]" must be an object such as`],
    [[attachment, {}], `"${key}[1]" must be an object such as`],
    [[{ containerID: "a" }], `"${key}[0]" must be an object such as`],
    [[{ containerID: 5, ifname: "eth0" }], `"${key}[0]" must be an object such as`],
  ] as const) {
    t.match(
      failureText(() => parseAttachments({ [key]: value })),
      `7 ${what}`,
    );
  }
});
