const words = /([^\s[\](){}/|<>!?@"^#$&~_,.:;*%+-]+)/gu;

export function initCap(text: string): string {
  return text.replace(words, (word) => {
    const [first = "", ...rest] = word;
    return first.toUpperCase() + rest.join("").toLowerCase();
  });
}

/** Throws where a character of `source` is there twice. */
export function translate(text: string, source: string, target: string): string {
  const [from, to] = [[...source], [...target]];
  const map = new Map<string, string>();
  for (const [i, character] of from.entries()) {
    if (map.has(character))
      throw new Error(`Duplicate character "${character}" in TRANSLATE source characters`);
    map.set(character, to[i] ?? "");
  }
  return [...text].map((character) => map.get(character) ?? character).join("");
}

const maxCells = 25_000_000;

/** Levenshtein's, over characters. */
export function editDistance(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  if (x.length * y.length > maxCells) {
    throw new Error("not supported by the local warehouse: EDIT_DISTANCE of texts that long");
  }
  let previous = Array.from({ length: y.length + 1 }, (_, i) => i);
  for (const [i, character] of x.entries()) {
    const row = [i + 1];
    for (const [j, other] of y.entries()) {
      const substitute = (previous[j] ?? 0) + (character === other ? 0 : 1);
      row.push(Math.min(substitute, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[y.length] ?? x.length;
}
