import { signatureTexts } from "./signature-texts.ts";

const byName = new Map(
  signatureTexts
    .trim()
    .split("\n")
    .map((line) => [line.slice(0, line.indexOf("(")), line]),
);

/**
 * BigQuery's sentence for arguments that fit no signature; `what` is the function with its kind
 * before it. `own` is listed where the function is not among the known ones.
 */
export function signatureError(what: string, types: string[], own: string[] = []): string {
  const known = byName.get(what.slice(what.lastIndexOf(" ") + 1));
  const listed = known?.split("; ") ?? own;
  const supported =
    listed.length === 0
      ? ""
      : `. Supported signature${listed.length === 1 ? "" : "s"}: ${listed.join("; ")}`;
  const [only] = listed;
  if (known !== undefined && listed.length === 1 && only && !takes(only, types.length)) {
    return `Number of arguments does not match for ${what}${supported}`;
  }
  const given =
    types.length === 0 ? " with no arguments" : ` for argument types: ${types.join(", ")}`;
  return `No matching signature for ${what}${given}${supported}`;
}

/** Does a signature like `LAG(ANY, [INT64], [ANY])` take so many arguments? */
function takes(signature: string, count: number): boolean {
  const inner = signature.slice(signature.indexOf("(") + 1, -1).replaceAll(/<[^>]*>/g, "");
  const optional = [...inner.matchAll(/\[[^\]]*\]/g)].map((found) => found[0]);
  const required = inner
    .replaceAll(/\[[^\]]*\]/g, "")
    .split(",")
    .filter((each) => each.trim() !== "");
  if (optional.some((each) => each.endsWith("...]"))) return count >= required.length;
  return count >= required.length && count <= required.length + optional.length;
}
