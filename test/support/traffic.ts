import { once } from "node:events";
import { resolve } from "node:path";
import { execa } from "execa";
import type { Test } from "tap";
import type { Namespace } from "./namespace.ts";

export interface Endpoint {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

/** Who asked, as the server sees it: after the network has rewritten what it rewrites. */
export interface Answer {
  readonly address: string;
  readonly port: number;
}

const peer = resolve("test/support/peer.mjs");

/** Serves these endpoints inside a namespace until the test ends. Resolves when all of them listen. */
export async function serve(
  t: Pick<Test, "teardown">,
  where: Namespace,
  ...endpoints: Endpoint[]
): Promise<void> {
  const args = endpoints.flatMap(({ protocol, address, port }) => [protocol, address, `${port}`]);
  const [program = "", ...argv] = where.command("node", peer, "serve", ...args);
  const server = execa(program, argv, { stdin: "pipe", reject: false });
  t.teardown(async () => {
    server.stdin.end();
    await server;
  });
  const ended = server.then(({ stderr }) => Promise.reject(new Error(`No server: ${stderr}`)));
  await Promise.race([once(server.stdout, "data"), ended]);
  ended.catch(() => undefined); // it does end, after the test
}

/**
 * Connects or sends from inside a namespace.
 *
 * @returns what a server of {@link serve} answered, or undefined if nothing did within `seconds`
 */
export function ask(where: Namespace, endpoint: Endpoint, seconds = 3): Answer | undefined {
  const { protocol, address, port } = endpoint;
  const argv = ["node", peer, "ask", protocol, address, String(port), String(seconds)];
  const { exitCode, stdout } = where.tryExec(argv);
  return exitCode === 0 ? JSON.parse(stdout) : undefined;
}

/**
 * Asks several endpoints at once, in one process.
 *
 * @returns the answers in the order of the endpoints; undefined for those within `seconds` without
 */
export function askAll(
  where: Namespace,
  endpoints: readonly Endpoint[],
  seconds = 3,
): (Answer | undefined)[] {
  const args = endpoints.flatMap(({ protocol, address, port }) => [protocol, address, `${port}`]);
  const answers: (Answer | null)[] = JSON.parse(
    where.exec("node", peer, "ask-all", String(seconds), ...args),
  );
  return answers.map((answer) => answer ?? undefined);
}
