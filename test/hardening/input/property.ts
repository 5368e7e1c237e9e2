import fc from "fast-check";

/** Something that holds for whatever comes in. */
export interface Property {
  readonly name: string;
  /** How many cases of 10,000 are about it. */
  readonly share: number;
  /** @throws an error with the smallest case found for which it does not hold */
  assert(parameters: { readonly numRuns: number; readonly seed: number }): void;
}

/** @param judge says what is wrong; "" when it holds */
export function property<T>(
  name: string,
  share: number,
  arbitrary: fc.Arbitrary<T>,
  judge: (value: T) => string,
): Property {
  return {
    name,
    share,
    assert: (parameters) => {
      const holds = fc.property(arbitrary, (value) => {
        const complaint = judge(value);
        if (complaint !== "") throw new Error(complaint);
      });
      fc.assert(holds, parameters);
    },
  };
}
