import * as z from "zod/mini";
import { configShape } from "../../lib/cni/config-shape.ts";

/** The keys of the configuration; each means what the reference suite's documentation says. */
export const portmapSchema = z.object({
  backend: z.optional(z.string()),
  snat: z._default(z.boolean(), true),
  masqAll: z._default(z.boolean(), false),
  markMasqBit: z.optional(z.int()),
  externalSetMarkChain: z.optional(z.string()),
  conditionsV4: z.optional(z.array(z.string())),
  conditionsV6: z.optional(z.array(z.string())),
  runtimeConfig: z.optional(
    z.object({
      portMappings: z.optional(
        z.array(
          z.object({
            hostPort: z._default(z.int(), 0),
            containerPort: z._default(z.int(), 0),
            protocol: z._default(z.string(), ""),
            hostIP: z._default(z.string(), ""),
            range: z._default(z.int(), 1),
          }),
        ),
      ),
    }),
  ),
});

export type PortmapDocument = z.output<typeof portmapSchema>;

/** A macro: the executables contain what it returns. */
export function portmapShape() {
  return configShape(portmapSchema);
}
