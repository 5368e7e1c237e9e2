/**
 * Makes one call on lib/kernel for a test. Runs under Bun, which alone can load it: reads a
 * `KernelCall` on stdin and prints a `KernelReply`.
 */
import { readFileSync, writeSync } from "node:fs";
import { Netns } from "../../lib/kernel/netns.ts";
import { decodeWire, encodeWire, type KernelCall, type KernelReply } from "./kernel-wire.ts";

const call = decodeWire(readFileSync(0, "utf8"), Netns.open) as KernelCall;

async function rootOf({ module, netns }: KernelCall): Promise<unknown> {
  if (module !== undefined) return await import(`${process.cwd()}/${module}`);
  return Netns.open(netns ?? "");
}

async function answer(): Promise<KernelReply> {
  let receiver: unknown;
  let value = await rootOf(call);
  for (const name of call.path) {
    receiver = value;
    value = (value as Record<string, unknown>)[name];
  }
  if (typeof value !== "function") throw new TypeError(`${call.path.join(".")} is no function`);
  return { value: value.apply(receiver, call.args) };
}

function describeError(error: unknown): KernelReply {
  if (!(error instanceof Error)) return { error: { name: "unknown", message: String(error) } };
  return { error: { ...error, name: error.name, message: error.message } };
}

const reply = await answer().catch(describeError);
writeSync(1, encodeWire(reply));
