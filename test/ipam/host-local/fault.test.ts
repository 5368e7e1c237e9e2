import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { IpamLab } from "../../support/ipam.ts";
import {
  expectRecovered,
  expectWhole,
  findScenePoints,
  ofOther,
  play,
  reservationsIn,
  scenes,
  victim,
} from "../../support/ipam-scenes.ts";
import { patchbay } from "../../support/lab.ts";
import { runOk } from "../../support/namespace.ts";
import { failingAt } from "../../support/strace.ts";

interface Fault {
  readonly error: string;
  /** The system calls that it is known from. */
  readonly calls: RegExp;
  /** What whoever reads the message must find there. */
  readonly text: RegExp;
}

const faults: readonly Fault[] = [
  {
    error: "ENOSPC",
    calls: /^(openat|write|pwrite64|link|mkdir|fsetxattr|ftruncate)$/,
    text: /no space left on device/,
  },
  { error: "EIO", calls: /^(write|pwrite64|unlink|utimensat)$/, text: /input\/output error/ },
  { error: "EROFS", calls: /^(unlink|mkdir)$/, text: /read-only file system/ },
];

for (const scene of scenes) {
  t.test(
    `a fault anywhere in ${scene.name} fails it with the reason, or does not matter`,
    async (t) => {
      for (const point of findScenePoints(t, scene)) {
        for (const { error, text } of faults.filter(({ calls }) => calls.test(point.name))) {
          const lab = play(t, scene);
          const prefix = failingAt(point, error);
          const outcome = lab.call(scene.verb, { ...victim, prefix });
          const name = `${error} at ${point.text}`;
          expectWhole(t, lab, scene, point);
          if (outcome.exitCode !== 0) {
            t.match(outcome.error, { code: 5, msg: text }, name);
            if (scene.verb === "ADD") t.same(reservationsIn(lab), ofOther(scene), name);
          } else if (scene.verb === "ADD") lab.succeed("CHECK", victim);
          lab.del("victim");
          expectRecovered(t, lab, scene, point);
        }
      }
    },
  );
}

t.test(
  "an interrupted lock is asked for again, one that is not to be had is an error",
  async (t) => {
    const lab = IpamLab.create(t);
    const flock = { name: "flock", when: 1, text: "" };
    lab.succeed("ADD", { prefix: failingAt(flock, "EINTR") });
    t.match(
      lab.fail("DEL", { prefix: failingAt(flock, "ENOLCK") }),
      /^5 flock ".*\/net\/lock": no locks available$/,
    );
    t.same(lab.reservations(), { "10.1.2.2": "container\r\neth0" });
  },
);

t.test("a file system without hard links is told of", async (t) => {
  for (const error of ["EPERM", "EOPNOTSUPP", "EXDEV"]) {
    const lab = IpamLab.create(t);
    const prefix = failingAt({ name: "link", when: 1, text: "" }, error);
    t.match(lab.fail("ADD", { prefix }), /^5 .*: link ".*\/net\/10\.1\.2\.2": .*hard links/);
    t.same(lab.reservations(), {});
  }
});

t.test("on a full disk ADD fails without a trace, STATUS says so, and DEL works", async (t) => {
  const folder = t.testdir();
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const configOf = (cniVersion: string) =>
    JSON.stringify({
      cniVersion,
      name: "net",
      type: "bridge",
      ipam: { type: "host-local", dataDir: disk, ranges: [[{ subnet: "10.1.2.0/24" }]] },
    });
  writeFileSync(join(folder, "0.4.0"), configOf("0.4.0"));
  writeFileSync(join(folder, "1.1.0"), configOf("1.1.0"));
  // In one process, since the disk is gone with its mount namespace.
  runOk(["unshare", "--mount", "sh", "-e"], {
    env: { HOST_LOCAL: join(patchbay, "host-local"), FOLDER: folder },
    stdin: `
      cd "$FOLDER"
      mount -t tmpfs -o size=64k tmpfs disk
      export CNI_IFNAME=eth0 CNI_NETNS=/none CNI_PATH=/none
      call() { CNI_COMMAND=$1 CNI_CONTAINERID=$2 "$HOST_LOCAL" < "$3" > "$1-$2.out"; }
      call ADD first 0.4.0
      ls -A disk/net > before
      dd if=/dev/zero of=disk/filler bs=1k 2> dd.err || true
      ! call ADD second 0.4.0
      ls -A disk/net > after
      ! CNI_IFNAME= CNI_NETNS= call STATUS "" 1.1.0
      call CHECK first 0.4.0
      call DEL first 0.4.0
      ls -A disk/net > end
    `,
  });
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  t.equal(read("before"), "10.1.2.2\nlast_reserved_ip.0\nlock\n");
  t.equal(read("after"), read("before"));
  t.equal(read("end"), "last_reserved_ip.0\nlock\n");
  t.match(JSON.parse(read("ADD-second.out")), { code: 5, msg: /no space left on device/ });
  t.match(JSON.parse(read("STATUS-.out")), { code: 50, msg: /no space left on device/ });
});
