import {
  closeSync,
  existsSync,
  linkSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  findFile,
  findText,
  overwriteText,
  removeFile,
  removeTree,
  writeNewFile,
} from "../../../lib/sys/file.ts";
import { isFileError } from "../../../lib/sys/syscall-error.ts";

const mode = 0o640;
const read = (path: string) => readFileSync(path, "utf8");

t.test("a new file has its mode whatever the umask", async (t) => {
  const path = join(t.testdir(), "new");
  const umask = process.umask(0o777);
  t.teardown(() => process.umask(umask));
  writeNewFile(path, "text", { mode });
  process.umask(umask);
  t.equal(statSync(path).mode & 0o7777, mode);
  t.equal(read(path), "text");
});

t.test("a new file replaces another one's name, never its content", async (t) => {
  const folder = t.testdir({ old: "old" });
  linkSync(join(folder, "old"), join(folder, "name"));
  writeNewFile(join(folder, "name"), "new", { mode });
  t.equal(read(join(folder, "old")), "old");
  t.equal(read(join(folder, "name")), "new");
});

t.test("a text is overwritten in place, whether it gets longer or shorter", async (t) => {
  const path = join(t.testdir(), "counter");
  for (const text of ["10.1.2.9", "10.1.2.10", "10.1.2.9", "::1", ""]) {
    overwriteText(path, text, { mode });
    t.equal(read(path), text);
  }
  const { ino } = statSync(path);
  overwriteText(path, "again", { mode });
  t.equal(statSync(path).ino, ino);
});

t.test("a symbolic link is not there for who reads, and replaced by who writes", async (t) => {
  const folder = t.testdir({ victim: "victim" });
  const link = join(folder, "link");
  symlinkSync(join(folder, "victim"), link);
  t.equal(findFile(link), undefined);
  t.equal(findText(link), undefined);
  overwriteText(link, "mine", { mode });
  t.equal(read(join(folder, "victim")), "victim");
  t.equal(findText(link), "mine");
});

t.test("what is not there is undefined, and may be removed", async (t) => {
  const path = join(t.testdir({ file: "x" }), "file");
  const fd = findFile(path);
  t.type(fd, "number");
  if (fd !== undefined) closeSync(fd);
  removeFile(path);
  removeFile(path);
  t.notOk(existsSync(path));
  t.equal(findText(path), undefined);
});

t.test("errors about files are told from others", async (t) => {
  const folder = t.testdir({ file: "x" });
  try {
    writeFileSync(join(folder, "file/below"), "");
    t.fail("it succeeded");
  } catch (error) {
    t.ok(isFileError(error));
  }
  t.notOk(isFileError(new Error("another")));
  t.notOk(isFileError("ENOENT"));
});

t.test("a folder goes with all that is in it, and nothing that is linked there", async (t) => {
  const folder = t.testdir({ victim: { file: "" }, tree: { a: { b: { c: "" } }, d: "" } });
  symlinkSync(join(folder, "victim"), join(folder, "tree", "link"));
  removeTree(join(folder, "tree"));
  t.notOk(existsSync(join(folder, "tree")));
  t.ok(existsSync(join(folder, "victim", "file")));
});
