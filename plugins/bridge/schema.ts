import * as z from "zod/mini";
import { configShape } from "../../lib/cni/config-shape.ts";

/** The keys of the configuration; each means what the reference suite's documentation says. */
export const bridgeSchema = z.object({
  bridge: z._default(z.string(), "cni0"),
  isGateway: z._default(z.boolean(), false),
  isDefaultGateway: z._default(z.boolean(), false),
  forceAddress: z._default(z.boolean(), false),
  ipMasq: z._default(z.boolean(), false),
  ipMasqBackend: z.optional(z.string()),
  mtu: z._default(z.int(), 0),
  hairpinMode: z._default(z.boolean(), false),
  promiscMode: z._default(z.boolean(), false),
  vlan: z._default(z.int(), 0),
  vlanTrunk: z.optional(
    z.array(
      z.object({
        minID: z.optional(z.int()),
        maxID: z.optional(z.int()),
        id: z.optional(z.int()),
      }),
    ),
  ),
  preserveDefaultVlan: z._default(z.boolean(), false),
  macspoofchk: z._default(z.boolean(), false),
  enabledad: z._default(z.boolean(), false),
  disableContainerInterface: z._default(z.boolean(), false),
  portIsolation: z._default(z.boolean(), false),
  ipam: z.optional(z.object({ type: z.optional(z.string()) })),
  dns: z.optional(
    z.object({
      nameservers: z.optional(z.array(z.string())),
      domain: z.optional(z.string()),
      search: z.optional(z.array(z.string())),
      options: z.optional(z.array(z.string())),
    }),
  ),
  args: z.optional(z.object({ cni: z.optional(z.object({ mac: z.optional(z.string()) })) })),
  runtimeConfig: z.optional(z.object({ mac: z.optional(z.string()) })),
});

export type BridgeDocument = z.output<typeof bridgeSchema>;

/** A macro: the executables contain what it returns. */
export function bridgeShape() {
  return configShape(bridgeSchema);
}
