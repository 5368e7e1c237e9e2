import fc from "fast-check";
import t from "tap";
import { isAtLeast, parseVersion, specVersions } from "../../../lib/cni/version.ts";
import { expectVersion } from "../../../lib/cni/version-gate.ts";
import { failureOf, failureText } from "../../support/cni-error.ts";

t.test("versions have one to three numbers; missing ones are 0, nothing is 0.1.0", async (t) => {
  t.same(parseVersion("1.2.3"), [1, 2, 3]);
  t.same(parseVersion("1.2"), [1, 2, 0]);
  t.same(parseVersion("1"), [1, 0, 0]);
  t.same(parseVersion(""), [0, 1, 0]);
  for (const text of ["1.2.3.4", "a", "1.a", "1..2", ".", "1.", "-1", "v1.0.0", "1.0.0 "]) {
    t.equal(parseVersion(text), undefined, text);
  }
});

t.test("versions are compared by their numbers, not as text", async (t) => {
  t.ok(isAtLeast("0.10.0", "0.9.0"));
  t.ok(isAtLeast("1", "1.0.0"));
  t.notOk(isAtLeast("0.3.1", "0.4"));
  const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20));
  fc.assert(
    fc.property(version, version, (a, b) => {
      const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
      return isAtLeast(a.join("."), b.join(".")) === order >= 0;
    }),
  );
});

t.test("ADD and DEL are answered for exactly the versions the plugin has", async (t) => {
  for (const verb of ["ADD", "DEL"] as const) {
    for (const version of specVersions) {
      t.equal(expectVersion(verb, version, specVersions), version);
    }
    for (const version of ["0.5.0", "1.2.0", "1.0", "garbage"]) {
      const error = failureOf(() => expectVersion(verb, version, ["0.4.0", "1.0.0"]));
      t.equal(error.code, 1);
      t.match(
        error.msg,
        `incompatible CNI versions: "cniVersion" is "${version}" but must be "0.4.0" or "1.0.0"`,
      );
      t.equal(error.details, `config is "${version}", plugin supports ["0.4.0" "1.0.0"]`);
    }
  }
});

t.test("CHECK, GC and STATUS are refused to configurations older than they are", async (t) => {
  const since = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" } as const;
  for (const verb of ["CHECK", "GC", "STATUS"] as const) {
    for (const version of specVersions) {
      if (isAtLeast(version, since[verb])) {
        t.equal(expectVersion(verb, version, specVersions), version);
        continue;
      }
      t.match(
        failureText(() => expectVersion(verb, version, specVersions)),
        `1 config version does not allow ${verb}: "cniVersion" is "${version}" but must be "${since[verb]}" or later`,
      );
    }
    t.match(
      failureText(() => expectVersion(verb, "1.1.0", ["0.3.1", "0.4.0"])),
      `1 plugin version does not allow ${verb}`,
    );
    t.match(
      failureText(() => expectVersion(verb, "1.2.0", specVersions)),
      `1 plugin version does not allow ${verb}`,
    );
    t.match(
      failureText(() => expectVersion(verb, "1.1", specVersions)),
      "1 incompatible CNI versions",
    );
    t.match(
      failureText(() => expectVersion(verb, "garbage", specVersions)),
      '6 "cniVersion" must be a version such as "1.1.0", not "garbage"',
    );
  }
});
