import type { Test } from "tap";
import { life } from "../support/chain.ts";
import { Node } from "../support/node.ts";

/** @returns what the kernel really answers to the calls of a container's life, datagram by datagram */
export async function recordReplies(t: Pick<Test, "teardown">): Promise<Buffer[]> {
  const node = await Node.start(t);
  const replies = new Map<string, Buffer>();
  for (const step of life) {
    const trace = await node.trace(step, "-e trace=recvfrom -e raw=recvfrom -e read=all");
    for (const dump of trace.split(/^recvfrom\(.*$/m)) {
      const bytes = parseDump(dump);
      if (bytes.length > 0) replies.set(bytes.toString("hex"), bytes);
    }
  }
  return [...replies.values()];
}

/** Lines such as " | 00000  24 00 00 00 02 00 00 01  00 00 00 00 00 00 00 00  $............... |" */
function parseDump(dump: string): Buffer {
  const lines = [...dump.matchAll(/^ \| [0-9a-f]+ {2}((?:[0-9a-f]{2} {1,2}){1,16})/gm)];
  return Buffer.from(lines.map(([, hex = ""]) => hex.replaceAll(" ", "")).join(""), "hex");
}
