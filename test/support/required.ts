/** @returns `value`, which the test knows to be there */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("A value that the test relies on is undefined");
  return value;
}
