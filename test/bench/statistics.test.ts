import fc from "fast-check";
import t from "tap";
import { quantile, summarise } from "./statistics.ts";

t.test("a median and quartiles are what half and a quarter of the values are below", async (t) => {
  t.match(summarise([5, 1, 4, 2, 3]), { count: 5, median: 3, low: 2, high: 4, min: 1 });
  t.match(summarise([4, 1]), { median: 2.5, low: 1.75, high: 3.25 });
  t.match(summarise([7]), { count: 1, median: 7, low: 7, high: 7, min: 7 });
  t.ok(Number.isNaN(summarise([]).median));
});

t.test("a quantile lies between the least and the greatest, and grows with its share", async () => {
  const values = fc.array(fc.integer(), { minLength: 1 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(values, share, share, (list, a, b) => {
      const sorted = list.toSorted((x, y) => x - y);
      const [less, more] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
      return quantile(sorted, 0) <= less && less <= more && more <= quantile(sorted, 1);
    }),
  );
});
