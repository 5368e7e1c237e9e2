import type { Json } from "../../support/outcome.ts";

/** Documents that are right, for mutation.ts to make wrong. */

const ipam = {
  type: "host-local",
  ranges: [
    [
      {
        subnet: "10.1.2.0/24",
        rangeStart: "10.1.2.9",
        rangeEnd: "10.1.2.20",
        gateway: "10.1.2.254",
      },
      { subnet: "10.1.4.0/29" },
    ],
    [{ subnet: "2001:db8:1::/64" }],
  ],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.2.254", mtu: 1400 }, { dst: "2001:db8::/32" }],
  dataDir: "/var/lib/cni/networks",
  resolvConf: "",
};

export const result: Json = {
  cniVersion: "1.1.0",
  interfaces: [
    { name: "cni0", mac: "00:11:22:33:44:55", mtu: 1500 },
    { name: "eth0", mac: "99:88:77:66:55:44", sandbox: "/run/netns/a", socketPath: "", pciID: "" },
  ],
  ips: [
    { interface: 1, address: "10.1.2.9/24", gateway: "10.1.2.254" },
    { interface: 1, address: "2001:db8:1::2/64", gateway: "2001:db8:1::1" },
  ],
  routes: [
    {
      dst: "0.0.0.0/0",
      gw: "10.1.2.254",
      mtu: 1400,
      advmss: 1300,
      priority: 5,
      table: 7,
      scope: 0,
    },
  ],
  dns: { nameservers: ["10.1.2.53"], domain: "d", search: ["s"], options: ["o"] },
};

const oldResults: readonly Json[] = [
  {
    cniVersion: "0.2.0",
    ip4: { ip: "10.1.2.9/24", gateway: "10.1.2.1", routes: [{ dst: "0.0.0.0/0" }] },
  },
  {
    cniVersion: "0.4.0",
    interfaces: [{ name: "eth0" }],
    ips: [{ version: "4", address: "10.1.2.9/24", interface: 0 }],
  },
];

export const results: readonly Json[] = [result, ...oldResults];

/** By plugin: configurations as runtimes send them. */
export const configs: { readonly [plugin: string]: readonly Json[] } = {
  bridge: [
    {
      cniVersion: "1.1.0",
      name: "net",
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      isDefaultGateway: true,
      forceAddress: false,
      ipMasq: true,
      ipMasqBackend: "nftables",
      mtu: 1400,
      hairpinMode: true,
      promiscMode: false,
      vlan: 100,
      preserveDefaultVlan: false,
      vlanTrunk: [{ minID: 200, maxID: 300 }, { id: 301 }],
      macspoofchk: true,
      enabledad: false,
      portIsolation: true,
      runtimeConfig: { mac: "02:00:00:00:00:01" },
      args: { cni: { mac: "02:00:00:00:00:02" } },
      dns: { nameservers: ["10.1.2.53"] },
      ipam,
    },
    { cniVersion: "0.3.1", name: "net", type: "bridge", ipam, prevResult: oldResults[1] },
  ],
  portmap: [
    {
      cniVersion: "1.1.0",
      name: "net",
      type: "portmap",
      capabilities: { portMappings: true },
      snat: true,
      masqAll: false,
      markMasqBit: 13,
      conditionsV4: ["!", "-d", "192.0.2.0/24"],
      conditionsV6: ["-s", "2001:db8::/32"],
      backend: "iptables",
      runtimeConfig: {
        portMappings: [
          { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "192.0.2.1" },
          { hostPort: 53, containerPort: 53, protocol: "udp" },
        ],
      },
      prevResult: result,
    },
    {
      cniVersion: "1.0.0",
      name: "net",
      type: "portmap",
      externalSetMarkChain: "KUBE-MARK-MASQ",
      runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 80, protocol: "tcp" }] },
      prevResult: { ...result, cniVersion: "1.0.0" },
    },
  ],
  "host-local": [
    {
      cniVersion: "1.1.0",
      name: "net",
      type: "bridge",
      ipam,
      args: { cni: { ips: ["10.1.2.11"] } },
      runtimeConfig: { ips: ["10.1.2.12/24"], ipRanges: [[{ subnet: "10.9.0.0/24" }]] },
      "cni.dev/valid-attachments": [{ containerID: "a", ifname: "eth0" }],
      "cni.dev/attachments": [{ containerID: "a", ifname: "eth0" }],
    },
    {
      cniVersion: "0.2.0",
      name: "net",
      type: "x",
      ipam: { type: "host-local", subnet: "10.1.2.0/24" },
    },
  ],
  loopback: [{ cniVersion: "1.1.0", name: "lo", type: "loopback", prevResult: result }],
};

export const conflists: readonly Json[] = [
  {
    cniVersion: "1.1.0",
    cniVersions: ["0.4.0", "1.0.0", "1.1.0"],
    name: "net",
    disableCheck: false,
    disableGC: "false",
    loadOnlyInlinedPlugins: true,
    plugins: [configs["bridge"]?.[0], configs["portmap"]?.[0]],
  },
];
