import { coerce } from "../types/coerce.ts";
import { rangeSql } from "../types/ranges.ts";
import { isNullLiteral, letIn, type Typed } from "../types/typed.ts";
import {
  arrayOf,
  type RangeKind,
  rangeElement,
  rangeKinds,
  scalar,
  typeName,
} from "../types/types.ts";
import type { CallSite, FunctionRows, FunctionTable } from "./call-site.ts";
import { matchBest } from "./call-site.ts";
import { noMatch, parseSignature } from "./signature.ts";

const elements = ["DATE", "DATETIME", "TIMESTAMP"] as const;

/** RANGE(start, end): NULL is unbounded. */
function makeRange(site: CallSite): Typed {
  const { call, ctx } = site;
  if (call.args.length !== 2) {
    throw ctx.fail(call.pos, "RANGE() must take exactly two arguments");
  }
  const ends = [site.arg(0), site.arg(1)];
  const [first = ends[0]] = ends.filter((end) => !isNullLiteral(end));
  const element = elements.find((kind) => kind === first?.type.kind);
  if (!element || !first) {
    throw ctx.fail(
      call.pos,
      `${typeName(first?.type ?? scalar("INT64"))} is not supported by RANGE()`,
    );
  }
  if (ends.some((end) => !isNullLiteral(end) && end.type.kind !== element)) {
    throw ctx.fail(call.pos, "RANGE() arguments must be of the same type");
  }
  const [start, end] = ends.map((each) => coerce(each, scalar(element))?.sql ?? "NULL");
  const kind: RangeKind = `RANGE<${element}>`;
  return { sql: rangeSql(kind, start ?? "NULL", end ?? "NULL"), type: scalar(kind) };
}

const start = (range: string) => `struct_extract(${range}, 'start')`;
const end = (range: string) => `struct_extract(${range}, 'end')`;
const forAll = (rows: (element: string) => FunctionRows): FunctionRows => elements.flatMap(rows);

const overlaps = `(${start("$1")} < ${end("$2")} AND ${start("$2")} < ${end("$1")})`;
const intersection = `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN NOT ${overlaps} THEN error('Provided RANGE inputs do not overlap. Please check RANGE_OVERLAPS before calling RANGE_INTERSECT' || left(CAST($1 AS VARCHAR), 0)) ELSE struct_pack("start" := greatest(${start("$1")}, ${start("$2")}), "end" := least(${end("$1")}, ${end("$2")})) END`;

const rows: Record<string, FunctionRows> = {
  RANGE_START: forAll((type) => [
    [
      `RANGE<${type}> -> ${type}`,
      `CASE WHEN isinf(${start("$1")}) THEN NULL ELSE ${start("$1")} END`,
    ],
  ]),
  RANGE_END: forAll((type) => [
    [`RANGE<${type}> -> ${type}`, `CASE WHEN isinf(${end("$1")}) THEN NULL ELSE ${end("$1")} END`],
  ]),
  RANGE_CONTAINS: forAll((type) => [
    [`RANGE<${type}>, ${type} -> BOOL`, `(${start("$1")} <= $2 AND $2 < ${end("$1")})`],
    [
      `RANGE<${type}>, RANGE<${type}> -> BOOL`,
      `(${start("$1")} <= ${start("$2")} AND ${end("$2")} <= ${end("$1")})`,
    ],
  ]),
  RANGE_OVERLAPS: forAll((type) => [[`RANGE<${type}>, RANGE<${type}> -> BOOL`, overlaps]]),
  RANGE_INTERSECT: forAll((type) => [
    [`RANGE<${type}>, RANGE<${type}> -> RANGE<${type}>`, intersection],
  ]),
};

/** A bare NULL says nothing of the type: BigQuery wants it cast. */
function ofRanges(name: string) {
  return (site: CallSite): Typed => {
    const { call, ctx } = site;
    const args = call.args.map((_, i) => site.arg(i));
    const bare = args.findIndex((arg) => isNullLiteral(arg));
    if (bare >= 0) {
      throw ctx.fail(
        call.args[bare]?.pos ?? call.pos,
        "A literal NULL argument cannot be accepted in place of RANGE. Add a CAST to specify the type like CAST(NULL AS RANGE<DATE>)",
      );
    }
    const own = rows[name] ?? [];
    const match = matchBest(name, own, args);
    if (match) return match;
    const signatures = own.map(([signature]) => parseSignature(signature));
    throw ctx.fail(call.pos, noMatch(`function ${name}`, args, signatures));
  };
}

const maxRanges = 1_048_576;
const whole = (part: "months" | "days" | "micros") =>
  ({
    months: "(year($2) * 12 + month($2))",
    days: "day($2)",
    micros: "(hour($2) * 3600000000 + minute($2) * 60000000 + microsecond($2))",
  })[part];

/** What BigQuery does not accept as a step, by the type of the range. */
const stepErrors: Record<string, [test: string, message: string][]> = {
  DATE: [
    [`${whole("micros")} <> 0`, "step with non-zero (H:M:S[.F]) part is not supported"],
    [
      `${whole("months")} <> 0 AND ${whole("days")} <> 0`,
      "step should either have the Y-M part or the DAY part",
    ],
  ],
  DATETIME: [
    [
      `${whole("months")} <> 0 AND (${whole("days")} <> 0 OR ${whole("micros")} <> 0)`,
      "step should either have the Y-M part or the D (H:M:S[.F]) part",
    ],
  ],
  TIMESTAMP: [
    [`${whole("months")} <> 0`, "step with non-zero MONTH or YEAR part is not supported"],
  ],
};

/** GENERATE_RANGE_ARRAY(range, step, include_last_partial_range). */
function generateRanges(site: CallSite): Typed {
  const { call, ctx } = site;
  const kind = rangeKinds.find((each) => each === site.arg(0).type.kind);
  const step = coerce(site.arg(1), scalar("INTERVAL"));
  const partial = call.args.length > 2 ? coerce(site.arg(2), scalar("BOOL")) : null;
  if (!kind || !step || (call.args.length > 2 && !partial) || call.args.length > 3) {
    const args = call.args.map((_, i) => site.arg(i));
    throw ctx.fail(call.pos, noMatch(`function ${call.name}`, args, []));
  }
  const sql = fillSeries(kind, [site.arg(0).sql, step.sql, partial?.sql ?? "true"]);
  return { sql, type: arrayOf(scalar(kind)) };
}

function fillSeries(kind: RangeKind, args: [string, string, string]): string {
  const element = rangeElement(kind);
  const at = (count: string) => {
    const moved = `(${start("$1")} + to_months(CAST(${whole("months")} * ${count} AS INTEGER)) + to_days(CAST(day($2) * ${count} AS INTEGER)) + to_microseconds(${whole("micros")} * ${count}))`;
    return element === "DATE" ? `CAST(${moved} AS DATE)` : moved;
  };
  const days = "CAST(epoch_us($1E) - epoch_us($1S) AS BIGINT)";
  const span = days.replace("$1E", end("$1")).replace("$1S", start("$1"));
  // No month has less than 28 days.
  const unit = `(${whole("months")} * 28 * 86400000000 + day($2) * 86400000000 + ${whole("micros")})`;
  const steps = `(${span} // ${unit} + 1)`;
  const failures: [string, string][] = [
    [`isinf(${start("$1")}) OR isinf(${end("$1")})`, "input RANGE cannot have UNBOUNDED endpoints"],
    ["$2 = to_days(0)", "step cannot be 0"],
    ["$2 < to_days(0)", "step cannot be negative"],
    ...(stepErrors[element] ?? []),
    [
      `${steps} > ${maxRanges}`,
      `not supported by the local warehouse: GENERATE_RANGE_ARRAY of more than ${maxRanges} ranges`,
    ],
  ];
  const refused = failures.map(
    ([test, message]) => `WHEN ${test} THEN error('${message}' || left(CAST($2 AS VARCHAR), 0))`,
  );
  const each = `struct_pack("start" := ${at("_i")}, "end" := least(${at("(_i + 1)")}, ${end("$1")}))`;
  const kept = `list_filter(range(0, ${steps}), lambda _i: ${at("_i")} < ${end("$1")} AND ($3 OR ${at("(_i + 1)")} <= ${end("$1")}))`;
  return letIn(
    `CASE WHEN $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN NULL ${refused.join(" ")} ELSE list_transform(${kept}, lambda _i: ${each}) END`,
    args,
  );
}

export const rangeFunctions: FunctionTable = {
  RANGE: makeRange,
  ...Object.fromEntries(Object.keys(rows).map((name) => [name, ofRanges(name)])),
  GENERATE_RANGE_ARRAY: generateRanges,
};
