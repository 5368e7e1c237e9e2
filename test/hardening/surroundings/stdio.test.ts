import t from "tap";
import { OddNode } from "../support/odd-node.ts";

t.setTimeout(570_000);

const withoutReader = "perl -e 'pipe(R, W); open(STDOUT, \">&W\"); close R; close W; exec @ARGV'";

/** How stdin, stdout and stderr may be broken, and what ADD says on stdout then. */
const broken: readonly (readonly [what: string, command: string, answer: RegExp])[] = [
  ["a closed stdin", '"$PLUGIN" <&-', /"code": 6,.*empty/s],
  ["a stdin that is a directory", '"$PLUGIN" < /', /"code": 5,.*is a directory/s],
  ["a stdin that cannot be read", '"$PLUGIN" 0> /dev/null', /"code": 5,.*stdin/s],
  ["a stdout that cannot be written", '"$PLUGIN" 1< /dev/null', /^$/],
  ["a stdout that nobody reads", `${withoutReader} "$PLUGIN"`, /^$/],
  [
    "a stdout that nobody reads, and SIGPIPE ignored",
    `trap '' PIPE; ${withoutReader} "$PLUGIN"`,
    /^$/,
  ],
  ["a stdout that is full", '"$PLUGIN" > /dev/full', /^$/],
];

for (const [what, command, answer] of broken) {
  t.test(`${what} makes ADD fail, and nothing is left`, async (t) => {
    const node = new OddNode(t);
    const before = node.warmUp();
    const { exitCode, stdout, stderr } = node.call("ADD", { command });
    t.equal(exitCode, 1, `${stdout}${stderr}`);
    t.match(stdout, answer);
    t.equal(node.snapshot(), before);
  });
}

t.test("nothing that is said on closed descriptors ends up in a file", async (t) => {
  const node = new OddNode(t);
  const before = node.warmUp();
  const config = { ipMask: true, hairPinMod: true }; // of which it warns
  for (const closed of ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"]) {
    const { exitCode } = node.call("ADD", { command: `"$PLUGIN" ${closed}`, config });
    if (closed === "2>&-") t.equal(exitCode, 0, "nobody has to listen to warnings");
    node.succeed("DEL");
    t.equal(node.snapshot(), before, closed);
  }
});

/** Reads 20,000 bytes, much less than a pipe holds, every two milliseconds. */
const slowReader =
  "perl -e 'while (sysread STDIN, $_, 20000) { select undef, undef, undef, 0.002; print }'";
const unblocked = "perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_NONBLOCK | O_WRONLY); exec @ARGV'";

const routes = Array.from({ length: 12_000 }, (_, index) => ({
  dst: `10.${index >> 8}.${index & 255}.0/24`,
  gw: "10.255.255.254",
  mtu: 1400,
}));
const prevResult = { cniVersion: "1.1.0", routes };

for (const [what, start] of [
  ["waits", ""],
  ["does not wait", unblocked],
]) {
  t.test(`a result of a megabyte arrives whole through a slow pipe that ${what}`, async (t) => {
    const node = new OddNode(t);
    const { stdout } = node.call("ADD", {
      command: `set -o pipefail; ${start} "$PLUGIN" | ${slowReader}`,
      config: { type: "loopback", prevResult },
    });
    t.ok(stdout.length > 1024 * 1024);
    t.same(JSON.parse(stdout), prevResult);
  });
}

t.test("a reader that goes in the middle of the result makes ADD fail", async (t) => {
  const node = new OddNode(t);
  const before = node.warmUp();
  const command = '{ "$PLUGIN"; echo $? >&2; } | head -c 100000 > /dev/null';
  const config = { type: "loopback", prevResult };
  const { stderr } = node.call("ADD", { command, config });
  t.match(stderr, /stdout.*\n1\n$/);
  t.equal(node.snapshot(), before);
});
