import type { Netns } from "../kernel/netns.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";
import { NotANamespaceError } from "../sys/not-a-namespace-error.ts";
import { CniError, ErrorCode } from "./error.ts";
import type { World } from "./world.ts";

/** The two network namespaces of a call, each opened when a plugin first asks for it. */
export class Namespaces {
  #host: Netns | undefined;
  #container: Netns | undefined;

  /** @param path the value of `CNI_NETNS` */
  constructor(
    private readonly world: Pick<World, "ownNetns" | "openNetns">,
    private readonly path: string,
  ) {}

  get host(): Netns {
    this.#host ??= this.world.ownNetns();
    return this.#host;
  }

  /** @throws {CniError} code 8 when there is no namespace at the path */
  get container(): Netns {
    try {
      return this.#open();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const msg = `failed to open netns "${this.path}": CNI_NETNS must be the path of a network namespace: ${reason}`;
      throw new CniError(ErrorCode.invalidNetns, msg, "", { cause });
    }
  }

  /** The same for DEL: undefined when there is no namespace (any more), whatever else is there. */
  get containerIfThere(): Netns | undefined {
    if (this.path === "") return undefined;
    try {
      return this.#open();
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#host?.close();
    this.#container?.close();
  }

  #open(): Netns {
    this.#container ??= this.world.openNetns(this.path);
    return this.#container;
  }
}

function isGone(error: unknown): boolean {
  return isNotFound(error) || isErrno(error, "ENOTDIR") || error instanceof NotANamespaceError;
}
