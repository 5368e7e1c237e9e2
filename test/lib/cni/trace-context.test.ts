import t from "tap";
import { traceIdOf } from "../../../lib/cni/trace-context.ts";

const id = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";

t.test("the trace ID is read from TRACEPARENT, also of later versions", async (t) => {
  t.equal(traceIdOf(`00-${id}-${parent}-01`), id);
  t.equal(traceIdOf(`01-${id}-${parent}-00-what-comes-later`), id);
});

t.test("what is no trace context is passed over", async (t) => {
  const malformed = [
    undefined,
    "",
    "nonsense",
    `ff-${id}-${parent}-01`,
    `00-${id.toUpperCase()}-${parent}-01`,
    `00-${"0".repeat(32)}-${parent}-01`,
    `00-${id}-${"0".repeat(16)}-01`,
    `00-${id.slice(1)}-${parent}-01`,
    `00-${id}-${parent}`,
  ];
  for (const text of malformed) t.equal(traceIdOf(text), undefined, String(text));
});
