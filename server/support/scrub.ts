/*
 * Takes secrets out of what leaves the installation. It knows the texts that this process was given
 * as secrets, and shapes: passwords in URLs, tokens in headers, this program's own tokens, values of
 * statements. A secret of another shape, that the process was not given, is not found.
 */

const mask = "[hidden]";
/** Shorter ones are words that stand anywhere. */
const shortestSecret = 6;
const secretName = /passw|secret|token|authorization|cookie|license|api[-_]?key|credential/i;
const shapes: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]+@/gi, `$1${mask}@`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${mask}`],
  [/\bmaestro_[\w-]{8,}/g, mask],
  [
    /\b((?:password|secret|token|license_key|api_?key)["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    `$1${mask}`,
  ],
  // What makes an address of a file good for whoever has it.
  [/([?&](?:x-goog-)?(?:signature|credential|security-token)=)[^&\s"'<>]+/gi, `$1${mask}`],
  // Sessions, and whatever else is a JWT.
  [/\beyJ[\w-]{8,}\.[\w-]*\.[\w.-]+/g, mask],
  [/https:\/\/hooks\.slack\.com\/\S+/g, mask],
  // What Drizzle appends to a statement that failed: the values of a user's rows.
  [/\nparams: [\s\S]*$/, `\nparams: ${mask}`],
];

export type Scrub = <T>(value: T) => T;

/** Replaces secrets in every text of a value, whatever its shape. Cycles are cut. */
export function createScrub(secrets: readonly string[]): Scrub {
  const known = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  const scrubText = (text: string) => {
    const unknown = known.reduce((left, secret) => left.replaceAll(secret, mask), text);
    return shapes.reduce((left, [shape, shown]) => left.replace(shape, shown), unknown);
  };
  const scrub = (value: unknown, above: readonly object[]): unknown => {
    if (typeof value === "string") return scrubText(value);
    if (typeof value !== "object" || value === null) return value;
    if (above.includes(value)) return "[cycle]";
    const within = [...above, value];
    if (Array.isArray(value)) return value.map((each) => scrub(each, within));
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        secretName.test(name) && typeof each === "string" ? mask : scrub(each, within),
      ]),
    );
  };
  return <T>(value: T) => scrub(value, []) as T;
}

/** For texts of libraries, where the secrets themselves are not at hand: it knows their shapes alone. */
export const scrubShapes: Scrub = createScrub([]);
