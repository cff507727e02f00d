/** US dollars for bytes billed, to the hundredth of a cent. */
export function priceBytes(bytes: number, pricePerTib: number): number {
  return Math.round((bytes / 2 ** 40) * pricePerTib * 10_000) / 10_000;
}
