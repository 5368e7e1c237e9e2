import fc from "fast-check";
import type { Json } from "../../support/outcome.ts";
import { calls, judgeCall } from "./calls.ts";
import { damaged, stretched, textOf } from "./damage.ts";
import { judgeDatagram } from "./decoders.ts";
import { conflists, result } from "./documents.ts";
import {
  judgeCachedAttachment,
  judgeConflist,
  judgeIndex,
  judgeResolvConf,
  ownerTable,
} from "./files.ts";
import { almost } from "./mutation.ts";
import { type Property, property } from "./property.ts";

const cached: Json = {
  kind: "cniCacheV1",
  containerId: "a",
  config: "e30=",
  ifName: "eth0",
  networkName: "net",
  netns: "/run/netns/a",
  cniArgs: [["IgnoreUnknown", "1"]],
  capabilityArgs: { portMappings: [] },
  result,
};

const resolvConf = fc.constant(
  Buffer.from("nameserver 10.1.2.53\n# no\nsearch a b\noptions c:1\ndomain d\n"),
);

/** @param replies what the kernel answers, datagram by datagram */
export function propertiesOf(replies: readonly Buffer[]): readonly Property[] {
  const index = fc.record({
    owners: damaged(fc.constant(ownerTable())),
    taken: damaged(fc.constant(Buffer.alloc(600, 1))),
  });
  const datagrams = damaged(fc.constantFrom(...replies));
  const lists = textOf(almost(...conflists));
  const attachments = textOf(almost(cached));
  const resolver = fc.oneof(damaged(resolvConf), stretched(resolvConf));
  return [
    property("a call ends with a result or one error", 6_000, calls, judgeCall),
    property("a reply of the kernel is read or refused", 2_500, datagrams, judgeDatagram),
    property("a conflist is read or refused", 500, lists, judgeConflist),
    property("a cached result is read or refused", 300, attachments, judgeCachedAttachment),
    property("an index is used or made anew", 500, index, judgeIndex),
    property("resolv.conf is read", 200, resolver, judgeResolvConf),
  ];
}
