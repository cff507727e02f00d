/**
 * BigQuery's `; Did you mean note?`: the nearest known name, the first of the alphabet where two are
 * as near; the reference takes two steps and one more for each five letters, but leaves two letters.
 */
export function didYouMean(name: string, known: (string | null)[]): string {
  const limit = Math.min(Math.floor(name.length / 5) + 2, name.length - 2);
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of known.filter((each) => each !== null).toSorted()) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const steps = distance(name, candidate);
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best === null ? "" : `; Did you mean ${best}?`;
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? a.length;
}
