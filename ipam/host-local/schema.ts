import * as z from "zod/mini";
import { configShape } from "../../lib/cni/config-shape.ts";

const text = z.optional(z.string());
const range = { subnet: text, rangeStart: text, rangeEnd: text, gateway: text };
const rangeSets = z._default(z.array(z.array(z.object(range))), []);
const addresses = z._default(z.array(z.string()), []);

const routes = z._default(
  z.array(
    z.object({
      dst: z.string(),
      gw: text,
      mtu: z.optional(z.int()),
      advmss: z.optional(z.int()),
      priority: z.optional(z.int()),
      table: z.optional(z.int()),
      scope: z.optional(z.int()),
    }),
  ),
  [],
);

/** The keys of the configuration; each means what the reference suite's documentation says. */
export const hostLocalSchema = z.object({
  ipam: z.optional(
    z.object({ ...range, type: text, dataDir: text, resolvConf: text, routes, ranges: rangeSets }),
  ),
  runtimeConfig: z.optional(z.object({ ipRanges: rangeSets, ips: addresses })),
  args: z.optional(z.object({ cni: z.optional(z.object({ ips: addresses })) })),
});

/** What finding a reservation by its owner takes. */
const removalSchema = z.object({ ipam: z.optional(z.object({ dataDir: text })) });

export type HostLocalDocument = z.output<typeof hostLocalSchema>;

/** A macro: the executables contain what it returns. */
export function hostLocalShape() {
  return configShape(hostLocalSchema);
}

/** The same for {@link removalSchema}. */
export function removalShape() {
  return configShape(removalSchema);
}
