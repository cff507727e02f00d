import { ofBytes, withBytes } from "./bytes.ts";
import type { FunctionRows, FunctionTable } from "./call-site.ts";
import { concat } from "./concat.ts";
import { normalizeFunctions } from "./normalize.ts";
import { regexpExtract, regexpExtractAll, regexpReplace } from "./regexps.ts";
import { maxTextBytes, tooLong } from "./text-limits.ts";

/** What TRIM without a second argument takes off: Unicode's white space. */
const whiteSpace =
  "chr(9)||chr(10)||chr(11)||chr(12)||chr(13)||' '||chr(133)||chr(160)||chr(5760)||chr(8192)||chr(8193)||chr(8194)||chr(8195)||chr(8196)||chr(8197)||chr(8198)||chr(8199)||chr(8200)||chr(8201)||chr(8202)||chr(8232)||chr(8233)||chr(8239)||chr(8287)||chr(12288)";

const start =
  "CASE WHEN $2 = 0 OR $2 < - length($1) THEN 1 WHEN $2 > 2147483647 THEN 2147483647 ELSE $2 END";

const trim = (fn: string): FunctionRows => [
  ["STRING -> STRING", `${fn}($1, ${whiteSpace})`],
  ...withBytes([["STRING, STRING -> STRING", `${fn}($1, $2)`]]),
];

const pad = (fn: string): FunctionRows => [
  [
    "STRING, INT64 -> STRING",
    `CASE WHEN $1 IS NULL THEN NULL WHEN $2 < 0 THEN error('Return length must not be negative: ' || $2) WHEN $2 > 1048576 THEN error('Output exceeds max allowed output size of 1MB: ' || $2) ELSE ${fn}($1, CAST($2 AS INTEGER), ' ') END`,
  ],
  [
    "STRING, INT64, STRING -> STRING",
    `CASE WHEN $1 IS NULL OR $3 IS NULL THEN NULL WHEN $2 < 0 THEN error('Return length must not be negative: ' || $2) WHEN $2 > 1048576 THEN error('Output exceeds max allowed output size of 1MB: ' || $2) WHEN $3 = '' THEN error('Pattern must not be empty' || $3) ELSE ${fn}($1, CAST($2 AS INTEGER), $3) END`,
  ],
];

const side = (fn: string): FunctionRows => [
  [
    "STRING, INT64 -> STRING",
    `CASE WHEN $2 < 0 THEN error('Length must not be negative: ' || $2) WHEN $2 > 2147483647 THEN $1 ELSE ${fn}($1, $2) END`,
  ],
];

export const stringFunctions: FunctionTable = {
  UPPER: [
    ["BYTES -> BYTES", ofBytes("BYTES", "maestro_ascii_upper($1)")],

    [
      "STRING -> STRING",
      "CASE WHEN strlen($1) = length($1) THEN upper($1) ELSE maestro_upper($1) END",
    ],
  ],
  LOWER: [
    ["BYTES -> BYTES", ofBytes("BYTES", "maestro_ascii_lower($1)")],

    [
      "STRING -> STRING",
      "CASE WHEN strlen($1) = length($1) THEN lower($1) ELSE maestro_lower($1) END",
    ],
  ],
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
  CONCAT: concat,
  SUBSTR: withBytes([
    ["STRING, INT64 -> STRING", `substr($1, ${start})`],
    [
      "STRING, INT64, INT64 -> STRING",
      `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN $3 < 0 THEN error('Third argument in SUBSTR() cannot be negative, got ' || $3) ELSE substr($1, ${start}, CASE WHEN $3 > 2147483647 THEN 2147483647 ELSE $3 END) END`,
    ],
  ]),
  SUBSTRING: withBytes([
    ["STRING, INT64 -> STRING", `substr($1, ${start})`],
    [
      "STRING, INT64, INT64 -> STRING",
      `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN $3 < 0 THEN error('Third argument in SUBSTR() cannot be negative, got ' || $3) ELSE substr($1, ${start}, CASE WHEN $3 > 2147483647 THEN 2147483647 ELSE $3 END) END`,
    ],
  ]),
  TRIM: trim("trim"),
  LTRIM: trim("ltrim"),
  RTRIM: trim("rtrim"),
  LPAD: withBytes(pad("lpad")),
  RPAD: withBytes(pad("rpad")),
  LEFT: withBytes(side("left")),
  RIGHT: withBytes(side("right")),
  REPLACE: withBytes([
    [
      "STRING, STRING, STRING -> STRING",
      `CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 WHEN strlen($1) * strlen($3) > ${maxTextBytes} * strlen($2) AND (strlen($1) - strlen(replace($1, $2, ''))) // strlen($2) * strlen($3) > ${maxTextBytes} THEN ${tooLong("REPLACE")} ELSE replace($1, $2, $3) END`,
    ],
  ]),
  REPEAT: withBytes([
    [
      "STRING, INT64 -> STRING",
      "CASE WHEN $2 < 0 THEN error('Repeat count must not be negative: ' || $2) WHEN $1 = '' AND $2 IS NOT NULL THEN '' WHEN $2 > 1048576 // strlen($1) THEN error('Output of REPEAT exceeds max allowed output size of 1MB: ' || $2) ELSE repeat($1, $2) END",
    ],
  ]),
  REVERSE: withBytes([["STRING -> STRING", "maestro_reverse($1)"]]),
  STARTS_WITH: withBytes([["STRING, STRING -> BOOL", "starts_with($1, $2)"]]),
  ENDS_WITH: withBytes([["STRING, STRING -> BOOL", "ends_with($1, $2)"]]),
  STRPOS: withBytes([["STRING, STRING -> INT64", "strpos($1, $2)"]]),
  INSTR: withBytes([
    ["STRING, STRING -> INT64", "strpos($1, $2)"],
    ["STRING, STRING, INT64 -> INT64", "maestro_instr($1, $2, $3, 1)"],
    ["STRING, STRING, INT64, INT64 -> INT64", "maestro_instr($1, $2, $3, $4)"],
  ]),
  SPLIT: [
    ["STRING -> ARRAY<STRING>", "string_split($1, ',')"],
    ...withBytes([
      [
        "STRING, STRING -> ARRAY<STRING>",
        "CASE WHEN $2 IS NULL THEN NULL ELSE string_split($1, $2) END",
      ],
    ]),
  ],
  INITCAP: [
    ["STRING, STRING -> STRING", "maestro_initcap_after($1, $2)"],
    ["STRING -> STRING", "maestro_initcap($1)"],
  ],
  ASCII: withBytes([
    [
      "STRING -> INT64",
      "CASE WHEN $1 = '' THEN 0::BIGINT WHEN unicode($1) > 127 THEN error('Non-ASCII character in the argument of ASCII: ' || $1) ELSE CAST(unicode($1) AS BIGINT) END",
    ],
  ]),
  UNICODE: [
    ["STRING -> INT64", "CASE WHEN $1 = '' THEN 0::BIGINT ELSE CAST(unicode($1) AS BIGINT) END"],
  ],
  CHR: [["INT64 -> STRING", "chr(CAST($1 AS INTEGER))"]],
  TRANSLATE: withBytes([["STRING, STRING, STRING -> STRING", "maestro_translate($1, $2, $3)"]]),
  ...normalizeFunctions,
  EDIT_DISTANCE: [["STRING, STRING -> INT64", "maestro_edit_distance($1, $2)"]],
  REGEXP_CONTAINS: withBytes([["STRING, STRING -> BOOL", "regexp_matches($1, $2)"]]),
  REGEXP_REPLACE: regexpReplace,
  REGEXP_EXTRACT: regexpExtract,
  REGEXP_EXTRACT_ALL: regexpExtractAll,
  SOUNDEX: [["STRING -> STRING", "maestro_soundex($1)"]],
  TO_CODE_POINTS: withBytes([
    [
      "STRING -> ARRAY<INT64>",
      "CASE WHEN $1 = '' THEN [] ELSE list_transform(regexp_extract_all($1, '(?s).'), lambda _e: CAST(unicode(_e) AS BIGINT)) END",
    ],
  ]),
  CODE_POINTS_TO_BYTES: [
    ["ARRAY<INT64> -> BYTES", "maestro_code_points_to_bytes(CAST(to_json($1) AS VARCHAR))"],
  ],
  SAFE_CONVERT_BYTES_TO_STRING: [["BYTES -> STRING", "maestro_bytes_to_text($1)"]],
  TO_BASE32: [["BYTES -> STRING", "maestro_to_base32($1)"]],
  FROM_BASE32: [["STRING -> BYTES", "maestro_from_base32($1)"]],
  CODE_POINTS_TO_STRING: [
    [
      "ARRAY<INT64> -> STRING",
      "CASE WHEN len(list_filter($1, lambda _e: _e IS NULL)) > 0 THEN NULL ELSE coalesce(array_to_string(list_transform($1, lambda _e: chr(CAST(_e AS INTEGER))), ''), CASE WHEN $1 IS NOT NULL THEN '' END) END",
    ],
  ],
  TO_HEX: [["BYTES -> STRING", "lower(hex($1))"]],
  FROM_HEX: [["STRING -> BYTES", "unhex(CASE WHEN length($1) % 2 = 1 THEN '0' || $1 ELSE $1 END)"]],
  TO_BASE64: [["BYTES -> STRING", "base64($1)"]],
  FROM_BASE64: [["STRING -> BYTES", "maestro_from_base64($1)"]],
  MD5: [
    ["STRING -> BYTES", "unhex(md5($1))"],
    ["BYTES -> BYTES", "unhex(md5($1))"],
  ],
  SHA1: [
    ["STRING -> BYTES", "unhex(sha1($1))"],
    ["BYTES -> BYTES", "unhex(sha1($1))"],
  ],
  SHA256: [
    ["STRING -> BYTES", "unhex(sha256($1))"],
    ["BYTES -> BYTES", "unhex(sha256($1))"],
  ],
  SHA512: [
    ["STRING -> BYTES", "unhex(maestro_sha512($1))"],
    ["BYTES -> BYTES", "unhex(maestro_sha512_bytes($1))"],
  ],
  FARM_FINGERPRINT: [
    ["STRING -> INT64", "maestro_farm_fingerprint($1)"],
    ["BYTES -> INT64", "maestro_farm_fingerprint_bytes($1)"],
  ],
  GENERATE_UUID: [["-> STRING", "CAST(uuid() AS VARCHAR)"]],
};
