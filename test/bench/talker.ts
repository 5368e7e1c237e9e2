/** `serve`: answers each byte on port 80. `ask ADDRESS PORT SECONDS`: measures that, for traffic.ts. */
import { connect, createServer, type Socket } from "node:net";
import type { Talk } from "./traffic.ts";

const [role = "", address = "", port = "", seconds = "1"] = process.argv.slice(2);

function serve(): void {
  createServer((socket) => {
    socket.setNoDelay(true).on("error", () => socket.destroy());
    socket.on("data", (bytes) => socket.write(bytes));
  }).listen(80, () => process.stdout.write("listening\n"));
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), address);
    socket.once("connect", () => resolve(socket.setNoDelay(true)));
    socket.on("error", reject);
  });
}

function exchange(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("data", () => resolve());
    socket.write("x");
  });
}

async function timeRoundTrips(until: number): Promise<number[]> {
  const socket = await open();
  for (let warm = 0; warm < 200; warm++) await exchange(socket);
  const times: number[] = [];
  while (performance.now() < until) {
    const start = performance.now();
    await exchange(socket);
    times.push((performance.now() - start) * 1000);
  }
  socket.destroy();
  return times;
}

async function countConnections(until: number): Promise<number> {
  let count = 0;
  for (; performance.now() < until; count++) {
    const socket = await open();
    await exchange(socket);
    socket.destroy();
  }
  return count;
}

async function ask(): Promise<Talk> {
  const duration = Number(seconds) * 1000;
  const roundTrips = await timeRoundTrips(performance.now() + duration);
  const connections = await countConnections(performance.now() + duration);
  return { roundTrips, connections };
}

if (role === "serve") serve();
else process.stdout.write(JSON.stringify(await ask()));
