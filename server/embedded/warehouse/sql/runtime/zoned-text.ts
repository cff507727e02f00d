const second = 1_000_000n;

/** `2024-01-02 03:04:05.678-05`: a wall clock with its distance from the instant, both in microseconds. */
export function zonedText(clock: bigint, instant: bigint): string {
  const seconds = clock >= 0n ? clock / second : (clock - second + 1n) / second;
  const micros = String(clock - seconds * second).padStart(6, "0");
  if ((clock - instant) % (60n * second) !== 0n)
    throw new Error("not supported by the local warehouse: a local mean time");
  const iso = new Date(Number(seconds) * 1000).toISOString();
  const text = iso.replace("+0", "").slice(0, -5).replace("T", " ");
  return `${text}${micros === "000000" ? "" : `.${micros.replace(/000$/, "")}`}${offsetText(clock - instant)}`;
}

function offsetText(micros: bigint): string {
  const minutes = Math.trunc(Number(micros / second) / 60);
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const tail = rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`;
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${tail}`;
}
