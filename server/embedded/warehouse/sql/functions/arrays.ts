import { coerce } from "../types/coerce.ts";
import { fill, int64, type Typed } from "../types/typed.ts";
import { arrayOf, scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import { asKind, intervalArgument } from "./date-functions.ts";
import { addToDate, addToTimestamp } from "./date-parts.ts";
import { signatureError } from "./supported-signatures.ts";

const maxSteps = 1_048_576;

const partSeconds: Record<string, number> = {
  DAY: 86_400,
  HOUR: 3600,
  MINUTE: 60,
  SECOND: 1,
  MILLISECOND: 0.001,
  MICROSECOND: 0.000_001,
};

/** Never more days than the part has, so that the list is long enough before it is cut. */
const leastDays: Record<string, number> = { DAY: 1, WEEK: 7, MONTH: 28, QUARTER: 89, YEAR: 365 };

/** GENERATE_DATE_ARRAY and GENERATE_TIMESTAMP_ARRAY: from, to, INTERVAL n part (a day if absent). */
function generate(kind: "DATE" | "TIMESTAMP", step: (part: string) => string | null) {
  return (site: CallSite): Typed => {
    const [from, to] = [asKind(site, 0, kind), asKind(site, 1, kind)];
    const { amount, part } =
      kind === "DATE" && !site.node(2)
        ? { amount: int64(1), part: "DAY" }
        : intervalArgument(site, 2);
    const move = step(part);
    const count = amount.constant?.value;
    if (!move || typeof count !== "bigint" || count === 0n) {
      throw site.ctx.refuse(`${site.call.name} with this step`);
    }
    const template = seriesTemplate(site.call.name, kind, part, count, move);
    return { sql: fill(template, [from.sql, to.sql]), type: arrayOf(scalar(kind)) };
  };
}

function seriesTemplate(
  name: string,
  kind: string,
  part: string,
  count: bigint,
  move: string,
): string {
  const [span, unit] =
    kind === "DATE"
      ? ["CAST($2 - $1 AS DOUBLE)", leastDays[part] ?? 1]
      : ["((epoch_us($2) - epoch_us($1)) / 1e6)", partSeconds[part] ?? 1];
  const steps = `CAST(greatest(0, floor(${span} / ${Number(count) * unit})) AS BIGINT)`;
  const length = `CASE WHEN ${steps} > ${maxSteps} THEN error('${name} produced too many elements: ' || ${steps}) ELSE ${steps} + 1 END`;
  const element = move.replaceAll("$2", `(_i * ${count})`);
  const within = count > 0n ? "_d <= $2" : "_d >= $2";
  // BigQuery steps from element to element, so that a month's last day wanders to earlier ones.
  const wanders =
    kind === "DATE" && !["DAY", "WEEK"].includes(part)
      ? ` WHEN day($1) > 28 THEN error('not supported by the local warehouse: ${name} by ${part} from day ' || day($1))`
      : "";
  return `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL${wanders} ELSE list_filter(list_transform(range(${length}), lambda _i: ${element}), lambda _d: ${within}) END`;
}

const anyNull = "$1 IS NULL OR $2 IS NULL";

const isNumbers = ({ type }: Typed) =>
  type.kind === "ARRAY" && /^(INT64|FLOAT64|(BIG)?NUMERIC)$/.test(type.element.kind);

function noConcat(site: CallSite, args: Typed[]): Error {
  if (args.every(isNumbers)) return site.ctx.refuse("ARRAY_CONCAT of numbers of several types");
  const types = args.map((arg) => typeName(arg.type));
  return site.ctx.fail(site.call.pos, signatureError("function ARRAY_CONCAT", types));
}

export const arrayFunctions: FunctionTable = {
  ARRAY_LENGTH: [["ARRAY<T> -> INT64", "len($1)"]],
  ARRAY_CONCAT: (site) => {
    const args = site.call.args.map((_, i) => site.arg(i));
    if (args.some((arg) => arg.type.kind !== "ARRAY")) {
      throw site.ctx.fail(
        site.call.pos,
        "The argument to ARRAY_CONCAT (or ARRAY_CONCAT_AGG) must be an array type",
      );
    }
    const first = args.find((arg) => arg.parts?.length !== 0)?.type ?? args[0]?.type;
    const lists = first?.kind === "ARRAY" ? args.map((arg) => coerce(arg, first)) : [null];
    if (!first || lists.includes(null)) throw noConcat(site, args);
    const holes = lists.map((_, i) => `$${i + 1}`);
    const joined = holes.reduce((a, b) => `list_concat(${a}, ${b})`);
    const template = `CASE WHEN ${holes.map((h) => `${h} IS NULL`).join(" OR ")} THEN NULL ELSE ${joined} END`;
    return {
      sql: fill(
        template,
        lists.map((list) => list?.sql ?? "NULL"),
      ),
      type: first,
    };
  },
  ARRAY_REVERSE: [["ARRAY<T> -> ARRAY<T>", "list_reverse($1)"]],
  ARRAY_TO_STRING: [
    [
      "ARRAY<STRING>, STRING -> STRING",
      `CASE WHEN ${anyNull} THEN NULL ELSE coalesce(array_to_string(list_filter($1, lambda _e: _e IS NOT NULL), $2), '') END`,
    ],
    [
      "ARRAY<STRING>, STRING, STRING -> STRING",
      `CASE WHEN ${anyNull} OR $3 IS NULL THEN NULL ELSE coalesce(array_to_string(list_transform($1, lambda _e: coalesce(_e, $3)), $2), '') END`,
    ],
    [
      "ARRAY<BYTES>, BYTES -> BYTES",
      `CASE WHEN ${anyNull} THEN NULL ELSE maestro_bytes(coalesce(array_to_string(list_transform(list_filter($1, lambda _e: _e IS NOT NULL), lambda _f: maestro_latin(_f)), maestro_latin($2)), '')) END`,
    ],
    [
      "ARRAY<BYTES>, BYTES, BYTES -> BYTES",
      `CASE WHEN ${anyNull} OR $3 IS NULL THEN NULL ELSE maestro_bytes(coalesce(array_to_string(list_transform($1, lambda _e: maestro_latin(coalesce(_e, $3))), maestro_latin($2)), '')) END`,
    ],
  ],
  ARRAY_SLICE: [
    [
      "ARRAY<T>, INT64, INT64 -> ARRAY<T>",
      `CASE WHEN ${anyNull} OR $3 IS NULL THEN NULL ELSE list_filter($1, lambda _e, _i: _i > CASE WHEN $2 < 0 THEN greatest(len($1) + $2, 0) ELSE $2 END AND _i <= CASE WHEN $3 < 0 THEN len($1) + $3 ELSE $3 END + 1) END`,
    ],
  ],
  ARRAY_FIRST: [
    [
      "ARRAY<T> -> T",
      "CASE WHEN len($1) = 0 THEN error('ARRAY_FIRST cannot get the first element of an empty array' || len($1)) ELSE $1[1] END",
    ],
  ],
  ARRAY_LAST: [
    [
      "ARRAY<T> -> T",
      "CASE WHEN len($1) = 0 THEN error('ARRAY_LAST cannot get the last element of an empty array' || len($1)) ELSE $1[len($1)] END",
    ],
  ],
  GENERATE_ARRAY: [
    ["FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", null],
    ["FLOAT64, FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", null],
    ["NUMERIC, NUMERIC, NUMERIC -> ARRAY<NUMERIC>", null],
    ["BIGNUMERIC, BIGNUMERIC -> ARRAY<BIGNUMERIC>", null],
    ["BIGNUMERIC, BIGNUMERIC, BIGNUMERIC -> ARRAY<BIGNUMERIC>", null],
    [
      "INT64, INT64 -> ARRAY<INT64>",
      `CASE WHEN ${anyNull} THEN NULL WHEN $2 < $1 THEN [] WHEN $2 - $1 > ${maxSteps} THEN error('GENERATE_ARRAY produced too many elements: ' || ($2 - $1)) ELSE generate_series($1, $2) END`,
    ],
    [
      "INT64, INT64, INT64 -> ARRAY<INT64>",
      `CASE WHEN ${anyNull} OR $3 IS NULL THEN NULL WHEN $3 = 0 THEN error('Sequence step cannot be ' || $3) WHEN ($2 < $1) = ($3 > 0) AND $2 <> $1 THEN [] WHEN ($2 - $1) // $3 > ${maxSteps} THEN error('GENERATE_ARRAY produced too many elements: ' || $3) ELSE generate_series($1, $2, $3) END`,
    ],
  ],
  GENERATE_DATE_ARRAY: generate("DATE", addToDate),
  GENERATE_TIMESTAMP_ARRAY: generate("TIMESTAMP", addToTimestamp),
};
