/**
 * Talks TCP or UDP inside a namespace; `traffic.ts` starts it there with `ip netns exec`.
 *
 *   peer.mjs serve [PROTOCOL ADDRESS PORT]...   says "listening" when all do, serves until stdin ends
 *   peer.mjs ask PROTOCOL ADDRESS PORT SECONDS  prints the answer, exits with 1 when there is none
 *   peer.mjs ask-all SECONDS [PROTOCOL ADDRESS PORT]...  at once; prints a list, null for no answer
 *
 * A server answers whatever arrives with who asked, as it sees them: {"address", "port"}.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6 } from "node:net";

const [command, ...rest] = process.argv.slice(2);

function udp(address) {
  return createSocket({ type: isIPv6(address) ? "udp6" : "udp4", ipv6Only: isIPv6(address) });
}

async function serve(protocol, address, port) {
  if (protocol === "udp") {
    const socket = udp(address);
    socket.on("message", (_bytes, { address, port }) => {
      socket.send(JSON.stringify({ address, port }), port, address);
    });
    socket.bind(Number(port), address);
    return await once(socket, "listening");
  }
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(JSON.stringify({ address: socket.remoteAddress, port: socket.remotePort }));
  });
  server.listen({ port: Number(port), host: address, ipv6Only: isIPv6(address) });
  return await once(server, "listening");
}

async function askUdp(address, port) {
  const socket = udp(address);
  const answer = once(socket, "message");
  socket.send("?", Number(port), address);
  const [bytes] = await answer;
  socket.close();
  return String(bytes);
}

async function askTcp(address, port) {
  const socket = connect(Number(port), address);
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  await once(socket, "end");
  socket.destroy();
  return answer;
}

async function askAll(seconds, endpoints) {
  const late = () => new Promise((resolve) => setTimeout(resolve, seconds * 1000, "null").unref());
  const answers = endpoints.map(([protocol, address, port]) => {
    const ask = protocol === "udp" ? askUdp : askTcp;
    return Promise.race([ask(address, port).catch(() => "null"), late()]);
  });
  return `[${(await Promise.all(answers)).join(",")}]`;
}

if (command === "ask-all") {
  const [seconds, ...list] = rest;
  const endpoints = list.flatMap((_, at) => (at % 3 === 0 ? [list.slice(at, at + 3)] : []));
  const keepAlive = setInterval(() => undefined, 1000);
  process.stdout.write(await askAll(Number(seconds), endpoints));
  clearInterval(keepAlive);
  process.exit(0);
} else if (command === "serve") {
  for (let at = 0; at < rest.length; at += 3) await serve(...rest.slice(at, at + 3));
  process.stdout.write("listening\n");
  process.stdin.resume().on("end", () => process.exit(0));
} else {
  const [protocol, address, port, seconds] = rest;
  setTimeout(() => process.exit(1), Number(seconds) * 1000).unref();
  const ask = protocol === "udp" ? askUdp : askTcp;
  process.stdout.write(await ask(address, port).catch(() => process.exit(1)));
}
