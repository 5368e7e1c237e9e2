import type { Conflist } from "../../support/chain.ts";
import type { Json } from "../../support/outcome.ts";

export const backends = ["nftables", "iptables"] as const;

export type Backend = (typeof backends)[number];

/** A dual-stack bridge with published ports, as administrators write it. */
export function publishingNetwork(portmap: Json = {}, bridge: Json = {}): Conflist {
  return {
    cniVersion: "1.0.0",
    name: "web",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isDefaultGateway: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: "10.88.0.0/24" }], [{ subnet: "fd00:88::/64" }]],
        },
        ...bridge,
      },
      { type: "portmap", capabilities: { portMappings: true }, ...portmap },
    ],
  };
}

/** What a runtime passes for ports such as "8080:80/tcp" and "192.0.2.1:53:5353/udp". */
export function publish(...ports: readonly string[]): { capabilities: Json } {
  const portMappings = ports.map((text) => {
    const [left = "", protocol = "tcp"] = text.split("/");
    const [, hostIP = "", hostPort, containerPort] = /^(?:(.+):)?(\d+):(\d+)$/.exec(left) ?? [];
    return {
      hostPort: Number(hostPort),
      containerPort: Number(containerPort),
      protocol,
      ...(hostIP !== "" && { hostIP: hostIP.replaceAll(/[[\]]/g, "") }),
    };
  });
  return { capabilities: { portMappings } };
}

/** A configuration of portmap alone, for a container with these addresses. */
export function portmapConfig(sandbox: string, ports: readonly string[], more: Json = {}): Json {
  return {
    cniVersion: "1.0.0",
    name: "web",
    type: "portmap",
    runtimeConfig: publish(...ports).capabilities,
    prevResult: {
      cniVersion: "1.0.0",
      interfaces: [{ name: "eth0", sandbox }],
      ips: [
        { address: "10.88.0.2/24", interface: 0 },
        { address: "fd00:88::2/64", interface: 0 },
      ],
    },
    ...more,
  };
}
