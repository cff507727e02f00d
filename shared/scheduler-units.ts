const memoryUnits: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of `256Mi`, `1G` or `1048576`; null where it is none of these, or not above 0. */
export function parseMemory(text: string): number | null {
  const match = /^(?<number>\d{1,12}(\.\d{1,3})?)(?<unit>[kMGT]|[KMGT]i)?$/.exec(text);
  if (!match?.groups) return null;
  const bytes = Number(match.groups["number"]) * (memoryUnits[match.groups["unit"] ?? ""] ?? 0);
  return bytes >= 1 && bytes <= 2 ** 50 ? Math.round(bytes) : null;
}

/** Thousandths of a core of `500m`, `1` or `0.5`; null where it is none of these, or not above 0. */
export function parseCpu(text: string): number | null {
  const match = /^(?:(?<millis>\d{1,7})m|(?<cores>\d{1,4}(\.\d{1,3})?))$/.exec(text);
  if (!match?.groups) return null;
  const { millis, cores } = match.groups;
  const parsed = millis === undefined ? Math.round(Number(cores) * 1_000) : Number(millis);
  return parsed > 0 ? parsed : null;
}
