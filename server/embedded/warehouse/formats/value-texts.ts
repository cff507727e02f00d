/** Values as BigQuery writes them, from the integers that stand for them in files. */

const dayMicros = 86_400_000_000n;

export function dateText(daysSince1970: number): string {
  const iso = new Date(daysSince1970 * 86_400_000).toISOString();
  return iso.slice(0, iso.indexOf("T"));
}

export function timeText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const fraction = micros % 1_000_000n;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(6, "0")}`;
}

/** `2026-01-02T03:04:05.000006`, from microseconds since 1970. */
export function datetimeText(micros: bigint): string {
  const days = micros / dayMicros - (micros % dayMicros < 0n ? 1n : 0n);
  return `${dateText(Number(days))}T${timeText(micros - days * dayMicros)}`;
}

export function timestampText(micros: bigint): string {
  return `${datetimeText(micros)}Z`;
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? "-" : "";
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** Two's complement, the highest byte first. */
export function signedOf(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`));
}

/** The shortest two's complement, the highest byte first. */
export function signedBytes(value: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length += 1;
  const hex = BigInt.asUintN(length * 8, value).toString(16);
  return Buffer.from(hex.padStart(length * 2, "0"), "hex");
}
