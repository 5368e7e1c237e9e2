import { lstatSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runOk } from "../../support/namespace.ts";
import { required } from "../../support/required.ts";

t.test("files are treated as node:fs treats them, errors included", async (t) => {
  const folder = t.testdir({ ours: {}, theirs: {} });
  const folders = ["ours", "theirs"].map((name) => join(folder, name));
  for (const each of folders) symlinkSync("bytes", join(each, "symlink"));
  const bun = required(process.env["PATCHBAY_BUN"]);
  const umask = process.umask(0o022);
  t.teardown(() => process.umask(umask));
  const output = runOk([bun, "test/support/fs-comparison.ts", ...folders]);
  const results: [string, unknown, unknown][] = JSON.parse(output);
  t.ok(results.length > 30);
  for (const [name, ours, theirs] of results) t.same(ours, theirs, name);
  const modes = folders.map((each) =>
    readdirSync(each).map((name) => [name, lstatSync(join(each, name)).mode.toString(8)]),
  );
  t.same(modes[0], modes[1], "modes");
});
