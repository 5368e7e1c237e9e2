import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { reference } from "../../support/lab.ts";
import { OddNode } from "../support/odd-node.ts";

t.setTimeout(570_000);

/** @returns mode, owner and name of every file that a call with this umask leaves */
function filesOf(node: OddNode, umask: string): string[] {
  const config = { cniVersion: "1.0.0", type: "host-local" };
  node.succeed("ADD", { setUp: `umask ${umask}`, config });
  return ["", ...readdirSync(node.dataDir, { recursive: true, encoding: "utf8" })]
    .sort()
    .map((name) => {
      const { mode, uid, gid } = statSync(join(node.dataDir, name));
      return `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${name}`;
    });
}

function isOwn(line: string): boolean {
  return line.includes(".patchbay");
}

t.test("files and directories have the modes and owners of the reference's", async (t) => {
  // The packaged one is older: newer ones, too, do not let others read the files.
  const theirs = filesOf(new OddNode(t, reference), "022").map((line) =>
    line.replace("644", "600"),
  );
  const ours = filesOf(new OddNode(t), "022");
  t.same(
    ours.filter((line) => !isOwn(line)),
    theirs,
  );
  t.ok(theirs.length >= 6, theirs.join(", "));
});

t.test("what only patchbay has is for root alone", async (t) => {
  const own = filesOf(new OddNode(t), "022").filter(isOwn);
  t.ok(own.length > 2);
  for (const line of own) t.match(line, /^[67]00 0:0 /);
});

t.test("no umask makes a difference", async (t) => {
  const usual = filesOf(new OddNode(t), "022");
  for (const umask of ["0", "027", "077"]) {
    t.same(filesOf(new OddNode(t), umask), usual, `umask ${umask}`);
  }
  // The index is nobody else's, and root may read whatever it is.
  t.same(
    filesOf(new OddNode(t), "0777").filter((line) => !isOwn(line)),
    usual.filter((line) => !isOwn(line)),
  );
});

t.test("a reservation holds what the reference's holds, byte for byte", async (t) => {
  const [theirs, ours] = [new OddNode(t, reference), new OddNode(t)].map((node) => {
    filesOf(node, "022");
    return readFileSync(join(node.dataDir, "net/10.88.0.2"), "utf8");
  });
  t.equal(ours, theirs);
});
