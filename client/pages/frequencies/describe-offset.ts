/** ` at +6 h 30 min`; empty for no offset. */
export function describeOffset(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "";
  const size = Math.abs(offsetSeconds);
  const parts = [
    [Math.floor(size / 86_400), "d"],
    [Math.floor((size % 86_400) / 3600), "h"],
    [Math.floor((size % 3600) / 60), "min"],
    [size % 60, "s"],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return `, offset ${offsetSeconds < 0 ? "−" : "+"}${words.join(" ")}`;
}
