/** A type as docs/imports.md names it, what it becomes, and values with what arrives for each. */
export interface TypeCase {
  name: string;
  /** The column's declaration; the name where it is one. */
  sql?: string;
  bigquery: string;
  isArray?: boolean;
  /** SQL of a value, and what is read back from BigQuery. NULL is tried with all of them. */
  values: [sql: string, arrived: unknown][];
  /** Values that fail the import, and what it says. */
  refused?: [sql: string, says: RegExp][];
}

/** What is hard on CSV, on quoting, on COPY's and MySQL's own marks. */
export const nastyTexts = [
  "",
  " ",
  "  padded  ",
  "N",
  "NULL",
  "null",
  "\\N",
  "\\\\",
  "\\",
  "\\.",
  '"',
  '""',
  "'",
  "''",
  "`",
  ",",
  ";",
  "a,b",
  "\n",
  "\r",
  "\r\n",
  "\t",
  "line\nline\r\nline",
  'a"b,c\nd',
  "0",
  "-0",
  "1e5",
  "NaN",
  "true",
  "0000-00-00",
  "é ü ß",
  "漢字かな",
  "😀👩‍👩‍👧‍👦",
  "עברית العربية \u200f\u202e",
  "\ufeff mark",
  "\u0001\u0007\u001b\u007f\u0085\u2028",
  "\ufffd\uffff",
  "<script>alert(1)</script>",
  "%s %_ ${x} {{x}}",
  "x".repeat(2 ** 20),
];

export const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

export function nestedJson(depth: number): string {
  return `${'{"a": ['.repeat(depth)}1${"]}".repeat(depth)}`;
}
