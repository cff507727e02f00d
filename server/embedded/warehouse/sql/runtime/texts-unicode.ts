const codes: Record<string, string> = {};
for (const [i, letters] of ["BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"].entries()) {
  for (const letter of letters) codes[letter] = String(i + 1);
}

/** A letter and three digits; what has no code, vowels too, does not part equal ones. */
export function soundex(text: string): string {
  let answer = "";
  let last = "";
  for (const character of text.replace(/[^A-Za-z]/g, "")) {
    const code = codes[character.toUpperCase()];
    if (answer === "") answer = character;
    else if (code !== undefined && code !== last) answer += code;
    if (code !== undefined) last = code;
    if (answer.length === 4) return answer;
  }
  return answer === "" ? "" : answer.padEnd(4, "0");
}

/** The occurrence of `sub` at or after `position`; from the end where it is negative. 0 where there is none. */
export function instr(text: string, sub: string, position: bigint, occurrence: bigint): bigint {
  if (position === 0n) throw new Error("The third argument (position) to INSTR must not be zero");
  if (occurrence <= 0n)
    throw new Error("The fourth argument (occurrence) to INSTR must be positive");
  const [characters, wanted] = [[...text], [...sub]];
  if (wanted.length === 0) return 0n;
  const last = characters.length - wanted.length;
  const step = position > 0n ? 1 : -1;
  const bounded = Number(position);
  let left = occurrence;
  for (
    let at = step > 0 ? bounded - 1 : Math.min(last, characters.length + bounded);
    ;
    at += step
  ) {
    if (at < 0 || at > last) return 0n;
    if (wanted.every((each, i) => characters[at + i] === each) && --left === 0n)
      return BigInt(at + 1);
  }
}

export function normalize(text: string, mode: string): string {
  return text.normalize(mode);
}

/** Unicode's full case folding: through upper case, so that ß is ss, and final sigma is sigma. */
function casefold(text: string): string {
  const once = (value: string) =>
    [...value]
      .map((c) => (c === "ı" ? c : [...c.toUpperCase()].map((u) => u.toLowerCase()).join("")))
      .join("");
  return once(once(text));
}

export function normalizeAndCasefold(text: string, mode: string): string {
  return casefold(text.normalize(mode)).normalize(mode);
}

/** Words begin after one of the delimiters. */
export function initCapAfter(text: string, delimiters: string): string {
  const stops = new Set(delimiters);
  let begins = true;
  return [...text]
    .map((character) => {
      const written = begins ? character.toUpperCase() : character.toLowerCase();
      begins = stops.has(character);
      return written;
    })
    .join("");
}
