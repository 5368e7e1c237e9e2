import type { Netns } from "../../lib/kernel/netns.ts";
import { decodeWire, encodeWire, type KernelReply, NetnsReference } from "./kernel-wire.ts";
import { Namespace, runOk } from "./namespace.ts";

/**
 * `lib/kernel` for tests: `kernel(lab.host).links.get("lo")`. Each call is a process of its own under
 * Bun. What it throws arrives as an Error with the same name, message and fields, such as `code`.
 */
export function kernel(namespace: Namespace): Netns {
  const proxy = proxyFor({ netns: namespace.path }, []) as Netns;
  paths.set(proxy, namespace.path);
  return proxy;
}

/**
 * The functions that a module exports, called the same way. Namespaces among the arguments are what
 * {@link kernel} returns.
 *
 * @param path relative to the repository, as in "lib/kernel/veth.ts"
 */
export function kernelModule<T>(path: string): T {
  return proxyFor({ module: path }, []) as T;
}

const paths = new WeakMap<object, string>();

type Root = { readonly netns: string } | { readonly module: string };

/** Remembers the names on the way to the function that is called in the end. */
function proxyFor(root: Root, path: readonly string[]): unknown {
  return new Proxy(() => undefined, {
    get: (_target, name) => proxyFor(root, [...path, String(name)]),
    apply: (_target, _receiver, args: unknown[]) => send(root, path, args),
  });
}

function send(root: Root, path: readonly string[], args: readonly unknown[]): unknown {
  const bun = process.env["PATCHBAY_BUN"];
  if (bun === undefined) throw new Error('Run this test with "npm test": it says where Bun is');
  const stdin = encodeWire({ ...root, path, args: args.map(replaceNetns) });
  const reply = runOk([bun, "test/support/kernel-console.ts"], { stdin });
  const decoded = decodeWire(reply, (netns) => netns) as KernelReply;
  if ("error" in decoded) throw Object.assign(new Error(decoded.error.message), decoded.error);
  return decoded.value;
}

/** Namespaces cannot cross; their paths can. */
function replaceNetns(value: unknown): unknown {
  if (value instanceof Namespace) return new NetnsReference(value.path);
  if (typeof value === "function") return new NetnsReference(paths.get(value) ?? "");
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(replaceNetns);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceNetns(each)]));
}
