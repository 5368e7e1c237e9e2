import type { Plugin, PluginEntry } from "./plugin.ts";
import type { Result } from "./result.ts";

/** Something that a plugin had done for it. */
export interface Step {
  /** What and by whom, such as "host.links.create" or "ipam.add". */
  readonly step: string;
  readonly ms: number;
}

type Recorder = (step: string, milliseconds: number) => void;

/**
 * Stands between a plugin and what it works with, to time what it asks for: both namespaces and
 * IPAM. The plugin's own code knows nothing of it.
 *
 * @param onResult is told what ADD returned
 */
export function watchPlugin(
  entry: PluginEntry,
  record: Recorder,
  onResult: (result: Result) => void,
): PluginEntry {
  return {
    ...entry,
    load: () => {
      const plugin = measure("load", record, () => entry.load());
      return watchHandlers(plugin, record, onResult);
    },
  };
}

function watchHandlers(
  plugin: Plugin<unknown>,
  record: Recorder,
  onResult: (result: Result) => void,
): Plugin<unknown> {
  const { gc, status } = plugin;
  return {
    ...plugin,
    parseConfig: (input) => measure("config", record, () => plugin.parseConfig(input)),
    add: (request) => {
      const result = plugin.add(watchRequest(request, record));
      onResult(result);
      return result;
    },
    check: (request) => plugin.check(watchRequest(request, record)),
    del: (request) => plugin.del(watchRequest(request, record)),
    ...(gc && { gc: (request) => gc(watchRequest(request, record)) }),
    ...(status && { status: (request) => status(watchRequest(request, record)) }),
  };
}

/** Namespaces are opened when they are first asked for, so they are watched only then. */
function watchRequest<Request extends object>(request: Request, record: Recorder): Request {
  const watched = new Map<PropertyKey, unknown>();
  return new Proxy(request, {
    get(target, key) {
      if (key !== "host" && key !== "container" && key !== "ipam") return Reflect.get(target, key);
      if (!watched.has(key)) {
        const open = (): unknown => Reflect.get(target, key);
        const value = key === "ipam" ? open() : measure(`${key}.open`, record, open);
        watched.set(key, isObject(value) ? watchObject(value, key, record) : value);
      }
      return watched.get(key);
    },
  });
}

/** Methods run with the object itself for `this`: what they call on it is theirs, and not timed. */
function watchObject(object: object, name: string, record: Recorder): object {
  return new Proxy(object, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      const path = `${name}.${String(key)}`;
      if (typeof value === "function") {
        return (...args: unknown[]) =>
          measure(path, record, () => Reflect.apply(value, target, args));
      }
      return isPart(value) ? watchObject(value, path, record) : value;
    },
  });
}

function measure<T>(step: string, record: Recorder, work: () => T): T {
  const start = performance.now();
  try {
    return work();
  } finally {
    record(step, performance.now() - start);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Such as `host.links`; not plain data, such as `host.file`. */
function isPart(value: unknown): value is object {
  return isObject(value) && Object.getPrototypeOf(value) !== Object.prototype;
}
