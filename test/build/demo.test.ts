import t from "tap";
import { drawState } from "../../build/demo/drawing.ts";
import { run } from "../support/namespace.ts";

const pod = (name: string, last: number, hostEnd: string | undefined) => ({
  name,
  ifName: "eth0",
  mac: `02:00:00:00:00:0${last}`,
  addresses: [`10.1.0.${last}/16`, `fd00::${last}/64`],
  routes: ["default via 10.1.0.1"],
  hostEnd,
});

t.test("the drawing shows who is plugged into what", async (t) => {
  const bridge = { name: "br0", mtu: 1500, addresses: ["10.1.0.1/16", "fd00::1/64"] };
  const pods = [pod("one", 2, "veth1"), pod("two", 3, undefined)];
  const far = { name: "world", addresses: ["192.0.2.2/24"] };
  const uplink = { name: "eth0", addresses: ["192.0.2.1/24"], far };
  const expected = [
    "   ╭─ world ──────────────────────────────────────────────────────────╮",
    "   │  192.0.2.2/24                                                    │",
    "   ╰───────┬──────────────────────────────────────────────────────────╯",
    "╭─ host ───┴─────────────────────────────────────────────────────────────╮",
    "│         eth0  192.0.2.1/24                                             │",
    "│  ╭─ bridge br0 ─────────────────────────────────────────────────────╮  │",
    "│  │  10.1.0.1/16   fd00::1/64                               MTU 1500 │  │",
    "│  ╰───────┬──────────────────────────────────────────────────────────╯  │",
    "│          │ veth1                                                       │",
    "╰──────────┼─────────────────────────────────────────────────────────────╯",
    "╭─ one ────┴───────────────────────╮  ╭─ two ────────────────────────────╮",
    "│         eth0   02:00:00:00:00:02 │  │         eth0   02:00:00:00:00:03 │",
    "│  10.1.0.2/16                     │  │  10.1.0.3/16                     │",
    "│  fd00::2/64                      │  │  fd00::3/64                      │",
    "│  default via 10.1.0.1            │  │  default via 10.1.0.1            │",
    "╰──────────────────────────────────╯  ╰──────────────────────────────────╯",
  ];
  const drawing = drawState({ uplink, bridges: [bridge], pods }).render((text) => text);
  t.same(drawing.split("\n"), expected);
});

t.test("the demonstration runs to its end, for root and for others", async (t) => {
  const bun = process.env["PATCHBAY_BUN"] ?? "bun";
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  for (const prefix of [[], nobody]) {
    const { exitCode, stdout, stderr } = run([...prefix, bun, "build/demo.ts"]);
    t.equal(exitCode, 0, `${stdout}${stderr}`);
    t.match(stdout, /pod-a +→ +pod-b +10\.85\.0\.3 +[\d.]+ ms +fd00:10:85::3 +[\d.]+ ms/);
    t.match(stdout, /outside +→ +198\.51\.100\.1 tcp 8080 +answered/);
    t.match(stdout, "Nothing is left");
    t.notMatch(stdout, "\u001b", "no colours without a terminal");
  }
});
