import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const pollMilliseconds = 200;

/**
 * Reads a growing file line by line.
 *
 * @param follow goes on at its end with what is written later, also when the file was rotated
 */
export async function* readLines(
  file: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  let fd = openSync(file, "r");
  try {
    let rest = "";
    const decoder = new TextDecoder();
    for (;;) {
      const chunk = readChunk(fd);
      if (chunk.length > 0) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      } else if (!follow || signal.aborted) {
        break;
      } else {
        await sleep(pollMilliseconds, undefined, { signal }).catch(() => undefined);
        fd = reopenIfRotated(fd, file);
      }
    }
    if (rest !== "") yield rest;
  } finally {
    closeSync(fd);
  }
}

function readChunk(fd: number): Uint8Array {
  const buffer = new Uint8Array(256 * 1024);
  return buffer.subarray(0, readSync(fd, buffer));
}

/** The old file has been read to its end; a new one of the same name begins at its start. */
function reopenIfRotated(fd: number, file: string): number {
  const now = statSync(file, { throwIfNoEntry: false });
  if (now === undefined || now.ino === fstatSync(fd).ino) return fd;
  const reopened = openSync(file, "r");
  closeSync(fd);
  return reopened;
}
