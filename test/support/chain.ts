import { type Call, containerIdOf, type Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import type { Json, Outcome } from "./outcome.ts";
import { PluginFailure } from "./outcome.ts";

/** What an administrator writes into /etc/cni/net.d/NAME.conflist. */
export interface Conflist extends Json {
  readonly name: string;
  readonly plugins: readonly Json[];
}

/** One container on the network; `capabilities` are what a runtime offers, such as portMappings. */
export interface Attachment
  extends Pick<Call, "args" | "containerId" | "env" | "ifName" | "netns"> {
  readonly capabilities?: Json;
}

type Verb = Parameters<Lab["cni"]>[0];

/**
 * Plays the runtime for one conflist, as libcni does: ADD passes each result on to the next plugin,
 * DEL goes backward with the result of the whole, which is remembered until then.
 */
export class Chain {
  readonly #attachments = new Map<string, { readonly call: Call; readonly result: Json } & Offer>();

  constructor(
    private readonly lab: Pick<Lab, "cni">,
    readonly conflist: Conflist,
    private readonly cniPath?: string,
  ) {}

  /**
   * @returns the last plugin's result
   * @throws {PluginFailure} of the first plugin that fails; nothing is taken back, as with libcni
   */
  add(container: Namespace, attachment: Attachment = {}): Json {
    const call = this.#callOf(container, attachment);
    let result: Json | undefined;
    for (const plugin of this.conflist.plugins) {
      const config = this.#configFor(plugin, attachment.capabilities, result);
      result = this.#succeed("ADD", plugin, config, call).result ?? {};
    }
    const capabilities = attachment.capabilities;
    this.#attachments.set(keyOf(call), { call, capabilities, result: result ?? {} });
    return result ?? {};
  }

  /** @throws {PluginFailure} of the first plugin that finds something amiss */
  check(container: Namespace, attachment: Attachment = {}): void {
    this.#walk("CHECK", this.conflist.plugins, container, attachment);
  }

  /** @throws {PluginFailure} of the first plugin that fails */
  del(container: Namespace, attachment: Attachment = {}): void {
    const call = this.#walk("DEL", this.conflist.plugins.toReversed(), container, attachment);
    this.#attachments.delete(keyOf(call));
  }

  /** Lets every plugin drop what is not of these containers. @returns one outcome a plugin */
  gc(...valid: readonly { readonly containerID: string; readonly ifname: string }[]): Outcome[] {
    return this.conflist.plugins.map((plugin) => {
      const config = { ...this.#configFor(plugin), "cni.dev/valid-attachments": valid };
      return this.lab.cni("GC", plugin["type"], config, this.#networkCall());
    });
  }

  /** @throws {PluginFailure} of the first plugin that is not ready */
  status(): void {
    for (const plugin of this.conflist.plugins) {
      this.#succeed("STATUS", plugin, this.#configFor(plugin), this.#networkCall());
    }
  }

  /** What the last ADD of an attachment returned, while it lasts. */
  resultOf(container: Namespace, attachment: Attachment = {}): Json | undefined {
    return this.#attachments.get(keyOf(this.#callOf(container, attachment)))?.result;
  }

  #walk(verb: Verb, plugins: readonly Json[], container: Namespace, attachment: Attachment): Call {
    const call = this.#callOf(container, attachment);
    const known = this.#attachments.get(keyOf(call));
    const capabilities = attachment.capabilities ?? known?.capabilities;
    const prevResult = this.#remembersResults() ? known?.result : undefined;
    for (const plugin of plugins) {
      this.#succeed(verb, plugin, this.#configFor(plugin, capabilities, prevResult), call);
    }
    return call;
  }

  #succeed(verb: Verb, plugin: Json, config: Json, call: Call): Outcome {
    const outcome = this.lab.cni(verb, plugin["type"], config, call);
    if (outcome.exitCode !== 0) throw new PluginFailure(verb, plugin["type"], outcome);
    return outcome;
  }

  #configFor(plugin: Json, offered: Json = {}, prevResult?: Json): Json {
    const wanted = Object.entries(offered).filter(
      ([key]) => plugin["capabilities"]?.[key] === true,
    );
    const { name, cniVersion } = this.conflist;
    return {
      ...plugin,
      name,
      ...(cniVersion !== undefined && { cniVersion }),
      ...(wanted.length > 0 && { runtimeConfig: Object.fromEntries(wanted) }),
      ...(prevResult !== undefined && { prevResult }),
    };
  }

  #callOf(container: Namespace, attachment: Attachment): Call {
    const { capabilities: _, ...call } = attachment;
    return { ...call, container, ...this.#path() };
  }

  /** A call about the network, with nothing said of a container. */
  #networkCall(): Call {
    const env = { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_ARGS: "" };
    return { env, ...this.#path() };
  }

  #path(): Pick<Call, "cniPath"> {
    return this.cniPath === undefined ? {} : { cniPath: this.cniPath };
  }

  /** libcni passes the cached result to DEL from 0.4.0 on. */
  #remembersResults(): boolean {
    return !/^0\.[0-3]\./.test(this.conflist["cniVersion"] ?? "0.1.0");
  }
}

interface Offer {
  readonly capabilities: Json | undefined;
}

function keyOf({ container, containerId, ifName }: Call): string {
  return `${containerId ?? containerIdOf(container)} ${ifName ?? "eth0"}`;
}
