import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import type {
  AddRequest,
  Attachment,
  CheckRequest,
  DelRequest,
  GcRequest,
  Plugin,
  Request,
} from "../../lib/cni/plugin.ts";
import type { IpConfig, Result } from "../../lib/cni/result.ts";
import { expectBackend } from "../../lib/firewall/engine.ts";
import {
  MissingRulesError,
  PortTakenError,
  UnusableBackendError,
} from "../../lib/firewall/errors.ts";
import {
  expectPorts,
  type PublishedPorts,
  prunePorts,
  publishPorts,
  unpublishPorts,
} from "../../lib/firewall/ports.ts";
import { parseCidr } from "../../lib/ip/cidr.ts";
import { type PortmapConfig, parsePortmapConfig } from "./config.ts";
import { portmapShape } from "./schema.ts" with { type: "macro" };

/** Publishes ports of a container as ports of the host. */
export const portmap: Plugin<PortmapConfig> = {
  parseConfig: parsePortmapConfig,
  add,
  check,
  del,
  gc,
  status,
  profile: () => ({ kind: "chained", shape: portmapShape(), needs: "portMappings" }),
};

function add(request: AddRequest<PortmapConfig>): Result {
  const { config, attachment, host, container, undo } = request;
  const result = requirePrevResult(request.prevResult);
  if (config.mappings.length === 0) return result;

  try {
    publishPorts(host, {
      ...portsOf(config, attachment, result),
      netns: container.path,
      ...(config.backend && { backend: config.backend }),
    });
  } catch (error) {
    throw asCniError(error);
  }
  undo.push("unpublish the ports", () => unpublishPorts(host, attachment));
  return result;
}

function requirePrevResult(prevResult: Result | undefined): Result {
  if (prevResult !== undefined) return prevResult;
  throw new CniError(
    ErrorCode.invalidConfig,
    "must be called as chained plugin",
    "portmap publishes ports of the interface that a plugin before it in the list has made.",
  );
}

function portsOf(
  config: PortmapConfig,
  owner: Attachment,
  result: Result,
): Pick<PublishedPorts, "owner" | "request"> {
  const { mappings, snat, masqAll, markBit, conditions, externalSetMarkChain } = config;
  return {
    owner,
    request: {
      addresses: addressesOf(result, owner),
      mappings,
      snat,
      masqAll,
      markBit,
      conditions,
      ...(externalSetMarkChain !== undefined && { externalSetMarkChain }),
    },
  };
}

/** @returns the container's first address of each family */
function addressesOf(result: Result, { ifName }: Attachment): string[] {
  const own = (result.ips ?? []).filter((ip) => isOfContainer(result, ip, ifName));
  return ([4, 6] as const).flatMap((family) => {
    const ip = own.find(({ address }) => parseCidr(address)?.address.family === family);
    return ip === undefined ? [] : [ip.address];
  });
}

/** Addresses that do not say whose they are count as the container's. */
function isOfContainer({ interfaces = [] }: Result, ip: IpConfig, ifName: string): boolean {
  const entry = ip.interface === undefined ? undefined : interfaces[ip.interface];
  if (entry === undefined) return true;
  return entry.name === ifName && entry.sandbox !== undefined && entry.sandbox !== "";
}

function asCniError(error: unknown): unknown {
  // The one who has the port may be on its way out.
  if (error instanceof PortTakenError) {
    return new CniError(ErrorCode.tryAgainLater, error.message, "", { cause: error });
  }
  if (error instanceof UnusableBackendError) {
    return new CniError(ErrorCode.invalidConfig, error.message, "", { cause: error });
  }
  return error;
}

function check({ config, attachment, host, prevResult }: CheckRequest<PortmapConfig>): void {
  const result = requirePrevResult(prevResult);
  if (config.mappings.length === 0) return;
  try {
    expectPorts(host, portsOf(config, attachment, result));
  } catch (error) {
    throw error instanceof MissingRulesError ? discrepancy(error.message) : error;
  }
}

/** By owner: whether the runtime repeats the port mappings, or the result, makes no difference. */
function del({ attachment, host, prevResult }: DelRequest<PortmapConfig>): void {
  unpublishPorts(host, attachment, prevResult && addressesOf(prevResult, attachment));
}

function gc({ network, host, isValid }: GcRequest<PortmapConfig>): void {
  prunePorts(host, network, isValid);
}

function status({ config, host }: Request<PortmapConfig>): void {
  try {
    expectBackend(host, config.backend);
  } catch (error) {
    if (!(error instanceof UnusableBackendError)) throw error;
    throw new CniError(ErrorCode.unavailable, error.message, "", { cause: error });
  }
}
