/** All that is to be known to masquerade a container: plain values, fit to be written down. */
export interface MasqueradeRequest {
  /** The container's addresses with the prefix lengths of their subnets. */
  readonly addresses: readonly string[];
}
