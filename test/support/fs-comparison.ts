/**
 * Run by Bun: does the same with lib/sys/fs.ts and with `node:fs`, each in a folder of its own, and
 * prints what came of each step: `[[name, ours, theirs], …]`.
 */
import * as theirs from "../../build/fs-for-node.ts";
import * as ours from "../../lib/sys/fs.ts";

type Files = typeof ours | typeof theirs;
type Step = (fs: Files, at: (name: string) => string) => unknown;

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW, O_DIRECTORY } =
  ours.constants;

function withFile<T>(fs: Files, path: string, flags: number, work: (fd: number) => T): T {
  const fd = fs.openSync(path, flags, 0o640);
  try {
    return work(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function describe(stats: ReturnType<Files["findStats"]>): unknown {
  if (stats === undefined) return undefined;
  const kind = [stats.isFile(), stats.isDirectory(), stats.isSymbolicLink()];
  return { kind, size: stats.isFile() && stats.size, nlink: stats.nlink };
}

const long = "ä".repeat(10_000);
const bytes = Uint8Array.from({ length: 300 }, (_, index) => index & 255);

const steps: Record<string, Step> = {
  "make a folder": (fs, at) => fs.mkdirSync(at("folder"), 0o750),
  "make it again": (fs, at) => fs.mkdirSync(at("folder")),
  "write a text": (fs, at) => fs.writeFileSync(at("folder/text"), "text", { mode: 0o600 }),
  "write a long text over it": (fs, at) => fs.writeFileSync(at("folder/text"), long),
  "read it": (fs, at) => fs.readFileSync(at("folder/text"), "utf8") === long,
  "read it byte by byte": (fs, at) => fs.readFileSync(at("folder/text"), "latin1").length,
  "read a folder as a text": (fs, at) => fs.readFileSync(at("folder"), "utf8"),
  "write into a missing folder": (fs, at) => fs.writeFileSync(at("missing/text"), ""),
  "create what is there": (fs, at) =>
    fs.openSync(at("folder/text"), O_WRONLY | O_CREAT | O_EXCL, 0o600),
  "write bytes here and there": (fs, at) =>
    withFile(fs, at("bytes"), O_RDWR | O_CREAT | O_TRUNC, (fd) => [
      fs.writeSync(fd, bytes),
      fs.writeSync(fd, bytes, 10, 20, 400),
      fs.writeSync(fd, Uint32Array.of(7, 8, 9), 0, 12, 1000),
      fs.fstatSync(fd).size,
    ]),
  "read bytes here and there": (fs, at) =>
    withFile(fs, at("bytes"), O_RDONLY, (fd) => {
      const [all, words] = [new Uint8Array(50), new Uint32Array(3)];
      const counts = [
        fs.readSync(fd, all),
        fs.readSync(fd, all, 30, 10),
        fs.readSync(fd, all, 0, 20, 400),
        fs.readSync(fd, words, 0, 12, 1000),
        fs.readSync(fd, all, 0, 50, 5000),
      ];
      return { counts, all: [...all], words: [...words] };
    }),
  "write to what is open for reading": (fs, at) =>
    withFile(fs, at("bytes"), O_RDONLY, (fd) => fs.writeSync(fd, bytes)),
  "cut it off": (fs, at) =>
    withFile(fs, at("bytes"), O_RDWR, (fd) => [
      fs.ftruncateSync(fd, 5),
      fs.fchmodSync(fd, 0o604),
      fs.fstatSync(fd).size,
    ]),
  "set modes": (fs, at) => fs.chmodSync(at("folder"), 0o711),
  link: (fs, at) => fs.linkSync(at("bytes"), at("other")),
  "link to what is there": (fs, at) => fs.linkSync(at("bytes"), at("other")),
  "look at links": (fs, at) => [describe(fs.statSync(at("other"))), describe(fs.statSync(at(".")))],
  "look at nothing": (fs, at) => [fs.findStats(at("none")), fs.findLinkStats(at("none"))],
  "look at nothing and complain": (fs, at) => fs.statSync(at("none")),
  "look at a symbolic link": (fs, at) => [
    describe(fs.findLinkStats(at("symlink"))),
    describe(fs.findStats(at("symlink"))),
  ],
  "open a symbolic link": (fs, at) => fs.openSync(at("symlink"), O_RDONLY | O_NOFOLLOW),
  "open a file as a folder": (fs, at) => fs.openSync(at("bytes"), O_RDONLY | O_DIRECTORY),
  "set times": (fs, at) => {
    fs.utimesSync(at("bytes"), 1_000_000_000.25, 1_700_000_000.5);
    return fs.statSync(at("bytes")).mtimeMs;
  },
  "fill a folder": (fs, at) => {
    for (let number = 0; number < 2000; number++) fs.writeFileSync(at(`folder/ü${number}`), "");
    return [...fs.readdirSync(at("folder"))].sort();
  },
  "list what is no folder": (fs, at) => fs.readdirSync(at("bytes")),
  "what is there": (fs, at) =>
    ["bytes", "none", "bytes/x", "folder/"].map((n) => fs.existsSync(at(n))),
  "may I": (fs, at) => fs.accessSync(at("folder"), ours.constants.W_OK | ours.constants.X_OK),
  "may I, of nothing": (fs, at) => fs.accessSync(at("none"), ours.constants.W_OK),
  "remove a folder that is not empty": (fs, at) => fs.rmdirSync(at("folder")),
  "remove a folder as a file": (fs, at) => fs.unlinkSync(at("folder")),
  "remove files": (fs, at) => [fs.unlinkSync(at("other")), fs.statSync(at("bytes")).nlink],
  "remove an empty folder": (fs, at) => [fs.mkdirSync(at("empty")), fs.rmdirSync(at("empty"))],
  "a name with a NUL": (fs, at) => fs.existsSync(at("a\0b")),
  "the kind of file system": (fs) =>
    withFile(fs, "/proc/self/ns/net", O_RDONLY, (fd) => fs.fstatfsSync(fd).type),
};

function outcome(step: Step, fs: Files, folder: string): unknown {
  try {
    return step(fs, (name) => `${folder}/${name}`) ?? "done";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
}

const [ourFolder = "", theirFolder = ""] = process.argv.slice(2);
const results = Object.entries(steps).map(([name, step]) => [
  name,
  outcome(step, ours, ourFolder),
  outcome(step, theirs, theirFolder),
]);
process.stdout.write(JSON.stringify(results));
