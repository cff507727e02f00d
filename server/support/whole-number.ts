/**
 * A count as REST writes 64-bit integers, in digits, or as a number. Null for all that is none, and
 * for what JavaScript cannot hold exactly.
 */
export function wholeNumber(value: unknown): number | null {
  const isDigits = typeof value === "string" && /^\d+$/.test(value);
  const parsed = isDigits ? Number(value) : value;
  return Number.isSafeInteger(parsed) && (parsed as number) >= 0 ? (parsed as number) : null;
}
