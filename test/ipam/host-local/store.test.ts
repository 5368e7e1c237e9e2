import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { IpamLab, setsOf } from "../../support/ipam.ts";
import { required } from "../../support/required.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

for (const umask of ["0", "022", "0777"]) {
  t.test(`files and directories have the reference's modes under umask ${umask}`, async (t) => {
    const lab = IpamLab.create(t);
    const dataDir = join(lab.dataDir, "a/b");
    const prefix = ["sh", "-c", `umask ${umask}; exec "$0"`];
    lab.add("a", { ipam: { dataDir }, prefix });
    const modes = ["", "/net", "/net/10.1.2.2", "/net/last_reserved_ip.0", "/net/lock"].map(
      (path) => modeOf(dataDir + path),
    );
    t.same(modes, ["755", "755", "600", "600", "750"]);
    t.equal(modeOf(join(lab.dataDir, "a")), "755");
  });
}

t.test("a directory that is there keeps its mode", async (t) => {
  const lab = IpamLab.create(t);
  mkdirSync(lab.path(""));
  chmodSync(lab.path(""), 0o700);
  lab.add("a");
  t.equal(modeOf(lab.path("")), "700");
});

t.test(
  "a symbolic link planted in a directory is neither followed nor taken for a file",
  async (t) => {
    const lab = IpamLab.create(t);
    const victim = join(lab.dataDir, "victim");
    writeFileSync(victim, "a\r\neth0");
    mkdirSync(lab.path(""));
    symlinkSync(victim, lab.path("10.1.2.2"));
    symlinkSync(join(lab.dataDir, "absent"), lab.path("10.1.2.3"));
    symlinkSync(victim, lab.path("last_reserved_ip.0"));
    t.same(lab.add("a"), ["10.1.2.4"]);
    t.equal(readFileSync(victim, "utf8"), "a\r\neth0");
    t.notOk(existsSync(join(lab.dataDir, "absent")));
    t.equal(readFileSync(lab.path("last_reserved_ip.0"), "utf8"), "10.1.2.4");
    lab.del("a");
    lab.succeed("GC", { cniVersion: "1.1.0" });
    t.ok(existsSync(victim));
    t.same(readdirSync(lab.path("")).sort(), [
      "10.1.2.2",
      "10.1.2.3",
      "last_reserved_ip.0",
      "lock",
    ]);
  },
);

t.test("a link in place of the directory, the lock or the index is refused by name", async (t) => {
  for (const name of ["net", "net/lock", ".patchbay", ".patchbay/net"]) {
    const lab = IpamLab.create(t);
    const elsewhere = join(lab.dataDir, "elsewhere");
    mkdirSync(elsewhere);
    mkdirSync(join(lab.dataDir, name, ".."), { recursive: true });
    symlinkSync(elsewhere, join(lab.dataDir, name));
    const failure = lab.fail("ADD");
    t.match(failure, /^5 /);
    t.ok(failure.includes(`"${join(lab.dataDir, name)}"`) || failure.includes("ELOOP"), failure);
    t.same(readdirSync(elsewhere), [], name);
  }
});

t.test("the directory holds what the reference would write, and no more", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  lab.add("b");
  lab.del("a");
  t.same(readdirSync(lab.path("")).sort(), ["10.1.2.3", "last_reserved_ip.0", "lock"]);
  t.equal(readFileSync(lab.path("lock"), "utf8"), "");
});

t.test("what an administrator removes is free again, what they write is taken", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/29"));
  for (const id of ["a", "b", "c", "d", "e"]) lab.add(id);
  unlinkSync(lab.path("10.1.2.4"));
  t.match(lab.fail("CHECK", { containerId: "c" }), /Failed to find address added by container c/);
  t.same(lab.add("f"), ["10.1.2.4"]);
  writeFileSync(lab.path("10.1.2.3"), "z\r\neth0");
  t.match(lab.fail("CHECK", { containerId: "b" }), /Failed to find address added by container b/);
  lab.succeed("CHECK", { containerId: "z" });
  rmSync(lab.path(""), { recursive: true });
  t.match(lab.fail("CHECK", { containerId: "a" }), /Failed to find address/);
  t.same(lab.add("a"), ["10.1.2.2"], "after rm -r, nothing comes back");
  t.same(lab.reservations(), { "10.1.2.2": "a\r\neth0" });
});

t.test(
  "without its index, or with one that is damaged, the store knows what it knew",
  async (t) => {
    const damages: ((folder: string) => void)[] = [
      (folder) => rmSync(folder, { recursive: true }),
      (folder) => writeFileSync(join(folder, "owners"), ""),
      (folder) => writeFileSync(join(folder, "owners"), Buffer.alloc(8704, 0xff)),
      (folder) => writeFileSync(join(folder, "draft"), "left by one who was killed"),
      (folder) => mkdirSync(join(folder, "folder")),
      (folder) => {
        for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "garbage");
      },
    ];
    for (const [index, damage] of damages.entries()) {
      const lab = IpamLab.create(t);
      for (const id of ["a", "b", "c"]) lab.add(id);
      damage(join(lab.dataDir, ".patchbay/net"));
      lab.succeed("CHECK", { containerId: "b" });
      t.match(lab.fail("ADD", { containerId: "a" }), /10.1.2.2 has been allocated to a/);
      t.same(lab.add("d"), ["10.1.2.5"], `damage ${index}`);
      lab.del("b");
      t.same(Object.keys(lab.reservations()), ["10.1.2.2", "10.1.2.4", "10.1.2.5"]);
    }
  },
);

t.test("what a killed writer left of its draft neither stays nor harms", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  const draft = join(lab.dataDir, ".patchbay/net/draft");
  linkSync(lab.path("10.1.2.2"), draft); // killed between linking it and removing its first name
  lab.add("b");
  t.same(lab.reservations(), { "10.1.2.2": "a\r\neth0", "10.1.2.3": "b\r\neth0" });
  t.notOk(existsSync(draft));
});

t.test("a counter that cannot be read starts the search at the beginning", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  lab.add("b");
  for (const content of ["", "10.1.2.300", "10.9.9.9", "10.1.2.3\n"]) {
    lab.del("b");
    writeFileSync(lab.path("last_reserved_ip.0"), content);
    t.same(lab.add("b"), ["10.1.2.3"], JSON.stringify(content));
  }
});

t.test("another network's name cannot lead out of the data directory", async (t) => {
  const lab = IpamLab.create(t);
  for (const network of ["../up", "a/b", "..", ".patchbay", "a\0b", ""]) {
    t.match(lab.fail("ADD", { network }), /^7 /, JSON.stringify(network));
  }
  t.same(readdirSync(lab.dataDir), []);
});

/** A process that has the lock until the test ends. */
async function holdLock(t: Test, path: string): Promise<number> {
  const holder = spawn("flock", ["-F", path, "sh", "-c", "echo locked; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => holder.kill());
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  return required(holder.pid);
}

t.test("a lock that is not to be had is waited for, then named with its holder", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  const pid = await holdLock(t, lab.path("lock"));
  const before = lab.files();
  const start = performance.now();
  t.match(
    lab.fail("ADD", { containerId: "b" }),
    new RegExp(`^11 ".*/net/lock" is still locked after 4 s, by process ${pid} \\(sleep\\)$`),
  );
  t.ok(performance.now() - start < 5000, "in less than 5 s");
  t.same(lab.files(), before);
});

t.test("a full or read-only file system is told of, and nothing is left behind", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  const remount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$0"';
  const prefix = ["unshare", "-m", "sh", "-c"];
  const onReadOnly = [...prefix, `set -- "${lab.dataDir}"; ${remount}`];
  t.match(
    lab.fail("ADD", { containerId: "b", prefix: onReadOnly }),
    /^5 .*: read-only file system$/,
  );
  t.match(
    lab.fail("DEL", { containerId: "a", prefix: onReadOnly }),
    /^5 .*: read-only file system$/,
  );
  t.match(
    lab.fail("STATUS", { cniVersion: "1.1.0", prefix: onReadOnly }),
    /^50 addresses cannot be reserved in ".*": .*: read-only file system/,
  );
  lab.succeed("CHECK", { containerId: "a", prefix: onReadOnly });
  lab.succeed("DEL", { containerId: "nobody", prefix: onReadOnly });
  t.same(lab.reservations(), { "10.1.2.2": "a\r\neth0" });
});
