import { WarehouseError } from "../contract.ts";
import { outOfMemory } from "../job-limits.ts";

interface Rule {
  pattern: RegExp;
  message: (found: RegExpExecArray) => string;
}

/** DuckDB's complaints about the data, in BigQuery's words. */
const rules: Rule[] = [
  {
    pattern:
      /Overflow in (addition|subtraction|multiplication) of INT64 \((-?\d+) ([-+*]) (-?\d+)\)/,
    message: (found) => `int64 overflow: ${found[2]} ${found[3]} ${found[4]}`,
  },
  { pattern: /Overflow in negation|Overflow on abs/, message: () => "int64 overflow" },
  {
    pattern: /(?:Type INT128|HUGEINT) with value (-?\d+) can't be cast/,
    message: () => "int64 overflow",
  },
  {
    pattern: /Could not convert string '(.*)' to INT64/,
    message: (found) => `Bad int64 value: ${found[1]}`,
  },
  {
    pattern: /Could not convert string '(.*)' to DOUBLE/,
    message: (found) => `Bad double value: ${found[1]}`,
  },
  {
    pattern: /More than one row returned by a subquery/,
    message: () => "Scalar subquery produced more than one element",
  },
  {
    pattern: /Type DOUBLE with value (?:nan|-?inf) can't be cast/,
    message: (found) =>
      `Illegal conversion of non-finite floating point number to an integer: ${found[0].split(" ")[4]}`,
  },
  {
    pattern: /Type DOUBLE with value (\S+) can't be cast .* INT64/,
    message: (found) => `int64 out of range: ${found[1]}`,
  },
  {
    pattern: /Failed to cast decimal value (\S+) to type INT64/,
    message: (found) => `int64 out of range: ${found[1]}`,
  },
  {
    pattern: /Time out of range: (-?\d+):(-?\d+):(-?\d+)/,
    message: ([, ...parts]) =>
      `Input calculates to invalid time: ${parts.map((part) => part.padStart(2, "0")).join(":")}`,
  },
  {
    pattern: /ICU date overflows timestamp range/,
    message: () =>
      "Input value cannot be converted into a TIMESTAMP, because it would be out of the allowed range between -62135596800000000 to 253402300799999999 (microseconds)",
  },
  {
    pattern: /Date out of range: (-?\d+)-(-?\d+)-(-?\d+)/,
    message: (found) =>
      `Input calculates to invalid date: ${found[1]?.padStart(4, "0")}-${found[2]?.padStart(2, "0")}-${found[3]?.padStart(2, "0")}`,
  },
  {
    pattern: /(timestamp|date|time) field value out of range: "(.*?)"/i,
    message: (found) =>
      /^\d+-\d+-\d+$/.test(found[2] ?? "")
        ? `Invalid date: '${found[2]}'`
        : `Invalid ${found[1]?.toLowerCase()} string "${found[2]}"`,
  },
  {
    pattern: /invalid (timestamp|date|time) field format: "(.*?)"/i,
    message: (found) => `Invalid ${found[1]?.toLowerCase()} string "${found[2]}"`,
  },
  {
    pattern: /could not convert blob to UTF8/,
    message: () => "Invalid cast of bytes to UTF8 string",
  },
  {
    pattern: /Overflow in (?:addition|subtraction|multiplication) of DECIMAL|to DECIMAL\(38,9\)/,
    message: () => "numeric overflow",
  },
  { pattern: /Casting value .* to type DECIMAL/, message: () => "numeric overflow" },
  { pattern: /Overflow in division/, message: () => "int64 overflow" },
  {
    pattern: /Type \S+ with value (\S+) can't be cast .* destination type U?INT(?:8|16|32)/,
    message: (found) => `Value out of range: ${found[1]}`,
  },
  {
    pattern: /Unknown TimeZone '?(.*?)'?(?:!|$)/,
    message: (found) => `Invalid time zone: ${found[1]}`,
  },
];

/** What DuckDB cannot do, by the construct of BigQuery's that needs it. */
const gaps: [RegExp, string][] = [
  [
    /Overflow in HUGEINT (?:addition|subtraction)/,
    "SUM or AVG of NUMERIC with more than 38 digits in between",
  ],
  [/(?:VAR|STDDEV)_?(?:POP|SAMP)(?: for \w)? is out of range/, "the variance of infinity or NaN"],
  [/TRY can not be used in combination/, "SAFE_CAST, or SAFE., of what cannot be tried"],
  [
    /Separator argument to StringAgg/,
    "ARRAY_TO_STRING with a separator that is no constant STRING",
  ],
  [/frame starting from following row/, "a window frame that ends before it begins"],
  [/at least one window function must appear/, "QUALIFY without an analytic function"],
  [/Cannot perform non-inner join on subquery/, "an outer JOIN with a subquery in its condition"],
];

/** What DuckDB says about data and not about the statement. */
const dataError = /^(?:Conversion|Out of Range|Invalid Input) Error: /;

/**
 * An error of DuckDB as one of BigQuery. What DuckDB does not accept of our own SQL is a gap of the
 * local warehouse, and is called so.
 */
export function explainDuckError(error: unknown): WarehouseError {
  if (error instanceof WarehouseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [first = ""] = text.split("\n\nLINE ");
  if (/INTERRUPT/.test(first)) return new WarehouseError("stopped", "Job execution was cancelled");
  const refusal = /not supported by the local warehouse: [^\n]*/.exec(first)?.[0];
  if (refusal !== undefined) return new WarehouseError("notImplemented", refusal);
  const gap = gaps.find(([pattern]) => pattern.test(first))?.[1];
  if (gap) {
    return new WarehouseError("notImplemented", `not supported by the local warehouse: ${gap}`);
  }
  for (const { pattern, message } of rules) {
    const found = pattern.exec(first);
    if (found) return new WarehouseError("invalidQuery", message(found));
  }
  if (/Out of Memory Error/.test(first)) return outOfMemory(first);
  if (dataError.test(first))
    return new WarehouseError("invalidQuery", first.replace(dataError, ""));
  return new WarehouseError(
    "notImplemented",
    `not supported by the local warehouse: ${first.split("\n")[0]}`,
  );
}
