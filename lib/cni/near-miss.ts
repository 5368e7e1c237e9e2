/**
 * Finds the word that `written` was probably meant to be: one slip of the pen away, two in a word
 * of six letters or more. A slip is a letter left out, added, replaced, or swapped with its
 * neighbour. Case does not matter.
 */
export function findNearMiss(written: string, known: readonly string[]): string | undefined {
  let best: { readonly word: string; readonly slips: number } | undefined;
  for (const word of known) {
    const allowed = Math.min(word.length, written.length) < 6 ? 1 : 2;
    if (word.length < 3 || Math.abs(word.length - written.length) > allowed) continue;
    if (!couldBe(written, word, allowed)) continue;
    const slips = countSlips(written.toLowerCase(), word.toLowerCase());
    if (slips <= allowed && slips < (best?.slips ?? Number.POSITIVE_INFINITY))
      best = { word, slips };
  }
  return best?.word;
}

/**
 * Rules out at little cost what is to be ruled out, which is nearly everything: a slip brings in no
 * more than one letter, and takes away no more than one.
 */
function couldBe(written: string, word: string, allowed: number): boolean {
  const [a, b] = [lettersIn(written), lettersIn(word)];
  return countBits(a & ~b) <= allowed && countBits(b & ~a) <= allowed;
}

/** @returns a bit for each letter that occurs; upper and lower case have the same */
function lettersIn(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The Damerau-Levenshtein distance, in its "optimal string alignment" form. */
function countSlips(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          cost(last, column) + 1,
          cost(current, column - 1) + 1,
          cost(last, column - 1) + (isSame ? 0 : 1),
          isSwap ? cost(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return cost(last, b.length);
}

function cost(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
