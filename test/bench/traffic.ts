import { callAside, type Json, type Pod, type Suite } from "./call.ts";
import { bridge, portmap, type Setting } from "./rounds.ts";
import { type Summary, summarise } from "./statistics.ts";
import { run } from "./world.ts";

/** How packets fare on their way through a published port. */
export interface TrafficMeasurement {
  readonly suite: Suite;
  readonly backend: string;
  /** Published ports of the pod, of which the last one is used. */
  readonly mappings: number;
  /** One byte there and back over an open connection, in microseconds. */
  readonly roundTrip: Summary;
  /** Connections made and closed one after the other, a second. */
  readonly connectionRate: number;
}

const FIRST_PORT = 10_000;
const CLIENT = "bench-client";
const HOST_ADDRESS = "198.51.100.1";

/** A machine that is not the node, behind a link of the node's. */
export function makeClient(): void {
  run("ip", "netns", "add", CLIENT);
  run("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", CLIENT);
  run("ip", "address", "add", `${HOST_ADDRESS}/24`, "dev", "uplink");
  run("ip", "link", "set", "uplink", "up");
  run("ip", "-n", CLIENT, "address", "add", "198.51.100.2/24", "dev", "eth0");
  run("ip", "-n", CLIENT, "link", "set", "eth0", "up");
}

export async function measureTraffic(
  suite: Suite,
  setting: Setting,
  { pod, mappings, seconds }: { pod: Pod; mappings: number; seconds: number },
): Promise<TrafficMeasurement> {
  const attached = bridge(setting, false);
  const { result } = await callAside(suite, { verb: "ADD", config: attached, pod });
  const published = { ...portmap(setting, portsOf(mappings)), prevResult: result };
  await callAside(suite, { verb: "ADD", config: published, pod });
  const { roundTrips, connections } = await talk(pod, FIRST_PORT + mappings - 1, seconds);
  await callAside(suite, { verb: "DEL", config: published, pod });
  await callAside(suite, { verb: "DEL", config: { ...attached, prevResult: result }, pod });
  return {
    suite,
    backend: setting.backend ?? "its default",
    mappings,
    roundTrip: summarise(roundTrips),
    connectionRate: connections / seconds,
  };
}

function portsOf(count: number): Json[] {
  return Array.from({ length: count }, (_, index) => ({
    hostPort: FIRST_PORT + index,
    containerPort: 80,
    protocol: "tcp",
  }));
}

/** What `talker.ts` prints. */
export interface Talk {
  readonly roundTrips: readonly number[];
  readonly connections: number;
}

/** Has a client outside talk to a server in the pod, each a process of its own. */
async function talk(pod: Pod, port: number, seconds: number): Promise<Talk> {
  const inside = (netns: string) => ["ip", "netns", "exec", netns, process.execPath, talker];
  const name = pod.netns.replace(/^.*\//, "");
  const server = Bun.spawn([...inside(name), "serve"], { stdout: "pipe", stderr: "inherit" });
  try {
    await server.stdout.getReader().read(); // it says when it listens
    const client = Bun.spawn([...inside(CLIENT), "ask", HOST_ADDRESS, `${port}`, `${seconds}`], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const text = await new Response(client.stdout).text();
    if ((await client.exited) !== 0) throw new Error(`No answer through port ${port}`);
    return JSON.parse(text);
  } finally {
    server.kill();
  }
}

const talker = `${import.meta.dir}/talker.ts`;
