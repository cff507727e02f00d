import { coerce } from "../types/coerce.ts";
import { fill, type Typed } from "../types/typed.ts";
import { arrayOf, scalar } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";

/** What TRIM without a second argument takes off: Unicode's white space. */
const whiteSpace =
  "chr(9)||chr(10)||chr(11)||chr(12)||chr(13)||' '||chr(133)||chr(160)||chr(5760)||chr(8192)||chr(8193)||chr(8194)||chr(8195)||chr(8196)||chr(8197)||chr(8198)||chr(8199)||chr(8200)||chr(8201)||chr(8202)||chr(8232)||chr(8233)||chr(8239)||chr(8287)||chr(12288)";

const start = "CASE WHEN $2 = 0 OR $2 < - length($1) THEN 1 ELSE $2 END";

const trim = (fn: string): [string, string][] => [
  ["STRING -> STRING", `${fn}($1, ${whiteSpace})`],
  ["STRING, STRING -> STRING", `${fn}($1, $2)`],
];

const pad = (fn: string): [string, string][] => [
  [
    "STRING, INT64 -> STRING",
    `CASE WHEN $2 < 0 THEN error('Return length must not be negative: ' || $2) ELSE ${fn}($1, CAST($2 AS INTEGER), ' ') END`,
  ],
  [
    "STRING, INT64, STRING -> STRING",
    `CASE WHEN $2 < 0 THEN error('Return length must not be negative: ' || $2) WHEN $3 = '' THEN error('Pattern must not be empty' || $3) ELSE ${fn}($1, CAST($2 AS INTEGER), $3) END`,
  ],
];

const side = (fn: string): [string, string][] => [
  [
    "STRING, INT64 -> STRING",
    `CASE WHEN $2 < 0 THEN error('Length must not be negative: ' || $2) ELSE ${fn}($1, $2) END`,
  ],
];

/** A pattern's capturing groups decide what REGEXP_EXTRACT answers, so the pattern must be known. */
function pattern(site: CallSite): { text: Typed; regexp: Typed; group: number } {
  const text = coerce(site.arg(0), scalar("STRING"));
  const regexp = coerce(site.arg(1), scalar("STRING"));
  if (!text || !regexp) {
    if (site.arg(0).type.kind === "BYTES") throw site.ctx.refuse(`${site.call.name} over BYTES`);
    throw site.ctx.fail(
      site.call.pos,
      `No matching signature for function ${site.call.name} for argument types: ${site.arg(0).type.kind}, ${site.arg(1).type.kind}`,
    );
  }
  if (site.call.args.length > 2) throw site.ctx.refuse(`${site.call.name} with a position`);
  const source = regexp.constant?.value;
  if (typeof source !== "string")
    throw site.ctx.refuse(`${site.call.name} with a pattern that is no constant`);
  const groups = countGroups(source);
  if (groups > 1) {
    throw site.ctx.fail(
      site.call.pos,
      `Regular expression has more than 1 capturing group: ${source}`,
    );
  }
  return { text, regexp, group: groups };
}

/** Opening parentheses that capture: not escaped, not in a class, not `(?:` or `(?i)`. */
function countGroups(source: string): number {
  const bare = source.replace(/\\[\s\S]/g, "").replace(/\[\^?\]?[^\]]*\]/g, "");
  return (bare.match(/\((?!\?(?!P?<[A-Za-z]))/g) ?? []).length;
}

export const stringFunctions: FunctionTable = {
  UPPER: [["STRING -> STRING", "upper($1)"]],
  LOWER: [["STRING -> STRING", "lower($1)"]],
  LENGTH: [
    ["STRING -> INT64", "length($1)"],
    ["BYTES -> INT64", "octet_length($1)"],
  ],
  CHAR_LENGTH: [["STRING -> INT64", "length($1)"]],
  CHARACTER_LENGTH: [["STRING -> INT64", "length($1)"]],
  BYTE_LENGTH: [
    ["STRING -> INT64", "strlen($1)"],
    ["BYTES -> INT64", "octet_length($1)"],
  ],
  OCTET_LENGTH: [
    ["STRING -> INT64", "strlen($1)"],
    ["BYTES -> INT64", "octet_length($1)"],
  ],
  CONCAT: [
    ["STRING, STRING... -> STRING", "($&)"],
    ["BYTES, BYTES... -> BYTES", "($&)"],
    ["STRING -> STRING", "$1"],
    ["BYTES -> BYTES", "$1"],
  ],
  SUBSTR: [
    ["STRING, INT64 -> STRING", `substr($1, ${start})`],
    [
      "STRING, INT64, INT64 -> STRING",
      `CASE WHEN $3 < 0 THEN error('Third argument in SUBSTR() cannot be negative, got ' || $3) ELSE substr($1, ${start}, $3) END`,
    ],
  ],
  SUBSTRING: [
    ["STRING, INT64 -> STRING", `substr($1, ${start})`],
    [
      "STRING, INT64, INT64 -> STRING",
      `CASE WHEN $3 < 0 THEN error('Third argument in SUBSTR() cannot be negative, got ' || $3) ELSE substr($1, ${start}, $3) END`,
    ],
  ],
  TRIM: trim("trim"),
  LTRIM: trim("ltrim"),
  RTRIM: trim("rtrim"),
  LPAD: pad("lpad"),
  RPAD: pad("rpad"),
  LEFT: side("left"),
  RIGHT: side("right"),
  REPLACE: [
    [
      "STRING, STRING, STRING -> STRING",
      "CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 ELSE replace($1, $2, $3) END",
    ],
  ],
  REPEAT: [
    [
      "STRING, INT64 -> STRING",
      "CASE WHEN $2 < 0 THEN error('Repeat count must not be negative: ' || $2) ELSE repeat($1, $2) END",
    ],
  ],
  REVERSE: [["STRING -> STRING", "maestro_reverse($1)"]],
  STARTS_WITH: [["STRING, STRING -> BOOL", "starts_with($1, $2)"]],
  ENDS_WITH: [["STRING, STRING -> BOOL", "ends_with($1, $2)"]],
  STRPOS: [["STRING, STRING -> INT64", "strpos($1, $2)"]],
  INSTR: [["STRING, STRING -> INT64", "strpos($1, $2)"]],
  SPLIT: [
    ["STRING -> ARRAY<STRING>", "string_split($1, ',')"],
    ["STRING, STRING -> ARRAY<STRING>", "string_split($1, $2)"],
  ],
  INITCAP: [["STRING -> STRING", "maestro_initcap($1)"]],
  ASCII: [
    [
      "STRING -> INT64",
      "CASE WHEN $1 = '' THEN 0 WHEN unicode($1) > 127 THEN error('Non-ASCII character in the argument of ASCII: ' || $1) ELSE unicode($1) END",
    ],
  ],
  UNICODE: [["STRING -> INT64", "CASE WHEN $1 = '' THEN 0 ELSE unicode($1) END"]],
  CHR: [["INT64 -> STRING", "CASE WHEN $1 = 0 THEN '' ELSE chr(CAST($1 AS INTEGER)) END"]],
  TRANSLATE: [["STRING, STRING, STRING -> STRING", "translate($1, $2, $3)"]],
  NORMALIZE: [["STRING -> STRING", "nfc_normalize($1)"]],
  EDIT_DISTANCE: [["STRING, STRING -> INT64", "levenshtein($1, $2)"]],
  REGEXP_CONTAINS: [["STRING, STRING -> BOOL", "regexp_matches($1, $2)"]],
  REGEXP_REPLACE: [["STRING, STRING, STRING -> STRING", "regexp_replace($1, $2, $3, 'g')"]],
  REGEXP_EXTRACT: (site) => {
    const { text, regexp, group } = pattern(site);
    const template = `CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2, ${group}) END`;
    return { sql: fill(template, [text.sql, regexp.sql]), type: scalar("STRING") };
  },
  REGEXP_EXTRACT_ALL: (site) => {
    const { text, regexp, group } = pattern(site);
    return {
      sql: `regexp_extract_all(${text.sql}, ${regexp.sql}, ${group})`,
      type: arrayOf(scalar("STRING")),
    };
  },
  TO_HEX: [["BYTES -> STRING", "lower(hex($1))"]],
  FROM_HEX: [["STRING -> BYTES", "unhex(CASE WHEN length($1) % 2 = 1 THEN '0' || $1 ELSE $1 END)"]],
  TO_BASE64: [["BYTES -> STRING", "base64($1)"]],
  FROM_BASE64: [["STRING -> BYTES", "from_base64($1)"]],
  MD5: [["STRING -> BYTES", "unhex(md5($1))"]],
  SHA1: [["STRING -> BYTES", "unhex(sha1($1))"]],
  SHA256: [["STRING -> BYTES", "unhex(sha256($1))"]],
  SHA512: [["STRING -> BYTES", "unhex(maestro_sha512($1))"]],
  FARM_FINGERPRINT: [["STRING -> INT64", "maestro_farm_fingerprint($1)"]],
  GENERATE_UUID: [["-> STRING", "CAST(uuid() AS VARCHAR)"]],
};
