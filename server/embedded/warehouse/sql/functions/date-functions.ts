import type { Expr } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { fill, int64, type Typed } from "../types/typed.ts";
import { type GType, type ScalarKind, scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import {
  addMicroseconds,
  addToDate,
  addToDateTime,
  addToTimestamp,
  bounded,
  clockIn,
  clockParts,
  dateDiff,
  dateTimeDiff,
  momentOf,
  timestampDiff,
  truncateDate,
  truncateDateTime,
  truncateTime,
} from "./date-parts.ts";
import { signatureError } from "./supported-signatures.ts";

/** The n-th argument as a date part: MONTH, WEEK(MONDAY). */
export function datePart(site: CallSite, index: number): string {
  const node: Expr | undefined = site.node(index);
  if (node?.k === "path" && node.names.length === 1)
    return (node.names[0]?.text ?? "").toUpperCase();
  if (node?.k === "call" && node.args.length === 1 && node.args[0]?.k === "path") {
    return `${node.name}(${node.args[0].names[0]?.text ?? ""})`.toUpperCase();
  }
  throw site.ctx.fail(
    node?.pos ?? site.call.pos,
    `${site.call.name} needs a date part as argument ${index + 1}`,
  );
}

export function asKind(site: CallSite, index: number, kind: ScalarKind): Typed {
  const value = site.arg(index);
  const coerced = coerce(value, scalar(kind));
  if (coerced) return coerced;
  const types = site.call.args.map((_, i) => (i <= index ? typeName(site.arg(i).type) : "?"));
  throw site.ctx.fail(site.call.pos, signatureError(`function ${site.call.name}`, types));
}

function badPart(site: CallSite, part: string, type: string): Error {
  const named =
    site.call.name.endsWith("_DIFF") || (/_(ADD|SUB)$/.test(site.call.name) && type !== "TIME");
  return site.ctx.fail(
    site.call.pos,
    `${site.call.name} does not support the ${part} date part${named ? ` when the argument is ${type} type` : ""}`,
  );
}

/** The kinds that the family's names take: DATE_TRUNC and its like also take the wider types. */
function valueAs(site: CallSite, index: number, own: ScalarKind): Typed {
  const value = site.arg(index);
  const kinds: ScalarKind[] =
    own === "DATE"
      ? ["DATE", "DATETIME", "TIMESTAMP"]
      : own === "TIMESTAMP"
        ? ["TIMESTAMP", "DATETIME"]
        : own === "DATETIME"
          ? ["DATETIME", "TIMESTAMP"]
          : [own];
  if (!value.constant && kinds.includes(value.type.kind as ScalarKind)) return value;
  return asKind(site, index, own);
}

function truncate(own: ScalarKind) {
  return (site: CallSite): Typed => {
    const value = valueAs(site, 0, own);
    const part = datePart(site, 1);
    const { kind } = value.type;
    if (kind === "TIMESTAMP") return truncateTimestamp(site, value, part);
    checkCount(site, 2, 2);
    const by = kind === "DATE" ? truncateDate : kind === "TIME" ? truncateTime : truncateDateTime;
    const template = by(part, "$1");
    if (!template) throw badPart(site, part, kind);
    return { sql: fill(template, [value.sql]), type: value.type };
  };
}

function truncateTimestamp(site: CallSite, value: Typed, part: string): Typed {
  checkCount(site, 2, 3);
  const zone = site.call.args.length > 2 ? asKind(site, 2, "STRING").sql : "'UTC'";
  const template = truncateDateTime(part, "$1");
  if (!template) throw badPart(site, part, "TIMESTAMP");
  const wallClock = fill(clockIn("$1", "$2"), [zone, value.sql]);
  const local = fill(template, [wallClock]);
  // Within an hour there is no way back from the wall clock: an hour may come twice.
  if (clockParts.has(part)) {
    return { sql: `(${value.sql} - (${wallClock} - ${local}))`, type: value.type };
  }
  return { sql: fill(momentOf("$1", "$2"), [zone, local]), type: value.type };
}

function checkCount(site: CallSite, least: number, most: number): void {
  const count = site.call.args.length;
  if (count >= least && count <= most) return;
  throw site.ctx.fail(
    site.call.pos,
    `Number of arguments does not match for function ${site.call.name}`,
  );
}

function diff(own: ScalarKind) {
  return (site: CallSite): Typed => {
    checkCount(site, 3, 3);
    const [a, b] = [valueAs(site, 0, own), valueAs(site, 1, own)];
    const part = datePart(site, 2);
    const kind = widest(a.type, b.type);
    const [x, y] = [coerce(a, scalar(kind)), coerce(b, scalar(kind))];
    const by = { DATE: dateDiff, DATETIME: dateTimeDiff, TIMESTAMP: timestampDiff, TIME: timeDiff }[
      kind as string
    ];
    const template = by?.(part, "$1", "$2");
    if (!x || !y || !template) throw badPart(site, part, kind);
    return { sql: `CAST(${fill(template, [x.sql, y.sql])} AS BIGINT)`, type: scalar("INT64") };
  };
}

function widest(a: GType, b: GType): ScalarKind {
  const kinds = [a.kind, b.kind];
  return (
    (["TIMESTAMP", "DATETIME", "DATE", "TIME"] as const).find((kind) => kinds.includes(kind)) ??
    "DATE"
  );
}

function timeDiff(part: string, a: string, b: string): string | null {
  const day = (value: string) => `(DATE '2000-01-01' + ${value})`;
  return ["HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"].includes(part)
    ? dateTimeDiff(part, day(a), day(b))
    : null;
}

const adders: Partial<Record<GType["kind"], (part: string) => string | null>> = {
  DATE: addToDate,
  DATETIME: addToDateTime,
  TIMESTAMP: addToTimestamp,
  TIME: addToTime,
};

/** ADD and SUB: the second argument is INTERVAL n part. */
function add(own: ScalarKind, sign: 1 | -1) {
  return (site: CallSite): Typed => {
    checkCount(site, 2, 2);
    const value = valueAs(site, 0, own);
    const { amount, part } = intervalArgument(site, 1);
    const { kind } = value.type;
    const template = adders[kind]?.(part);
    if (!template) throw badPart(site, part, kind);
    const count = sign > 0 ? amount.sql : `(- ${amount.sql})`;
    return { sql: fill(template, [value.sql, count]), type: value.type };
  };
}

/** `INTERVAL n part`, where n is INT64. */
export function intervalArgument(site: CallSite, index: number): { amount: Typed; part: string } {
  const node = site.node(index);
  if (node?.k !== "interval" || node.to) {
    throw site.ctx.refuse(`${site.call.name} of anything but INTERVAL n part`);
  }
  const written = site.ctx.expr(site.env, node.value);
  const text = written.constant?.parameter ? null : written.constant?.value;
  const isWhole = typeof text === "string" && /^[+-]?\d{1,18}$/.test(text);
  const amount = isWhole ? int64(BigInt(text.replace("+", ""))) : coerce(written, scalar("INT64"));
  if (!amount)
    throw site.ctx.fail(node.value.pos, "Interval value must be coercible to INT64 type");
  return { amount, part: node.part.text.toUpperCase() };
}

function addToTime(part: string): string | null {
  const template = ["DAY", "WEEK"].includes(part) ? null : addMicroseconds(part);
  return template && `CAST(${template.replace("$1", "(DATE '2000-01-01' + $1)")} AS TIME)`;
}

function lastDay(site: CallSite): Typed {
  checkCount(site, 1, 2);
  const value = valueAs(site, 0, "DATE");
  const day = value.type.kind === "DATE" ? value.sql : `CAST(${value.sql} AS DATE)`;
  if (value.type.kind === "TIMESTAMP") throw site.ctx.refuse("LAST_DAY of a TIMESTAMP");
  const part = site.call.args.length > 1 ? datePart(site, 1) : "MONTH";
  const steps: Record<string, string> = {
    MONTH: "to_months(1)",
    QUARTER: "to_months(3)",
    YEAR: "to_years(1)",
  };
  const start = truncateDate(part, "$1");
  if (!start || part === "DAY") throw badPart(site, part, "DATE");
  if (part === "ISOYEAR") throw site.ctx.refuse("LAST_DAY with ISOYEAR");
  const step = steps[part];
  const template = step ? `(CAST(${start} + ${step} AS DATE) - 1)` : `(${start} + 6)`;
  return { sql: fill(bounded(template), [day]), type: scalar("DATE") };
}

export const dateFunctions: FunctionTable = {
  DATE_TRUNC: truncate("DATE"),
  DATETIME_TRUNC: truncate("DATETIME"),
  TIMESTAMP_TRUNC: truncate("TIMESTAMP"),
  TIME_TRUNC: truncate("TIME"),
  DATE_DIFF: diff("DATE"),
  DATETIME_DIFF: diff("DATETIME"),
  TIMESTAMP_DIFF: diff("TIMESTAMP"),
  TIME_DIFF: diff("TIME"),
  DATE_ADD: add("DATE", 1),
  DATE_SUB: add("DATE", -1),
  DATETIME_ADD: add("DATETIME", 1),
  DATETIME_SUB: add("DATETIME", -1),
  TIMESTAMP_ADD: add("TIMESTAMP", 1),
  TIMESTAMP_SUB: add("TIMESTAMP", -1),
  TIME_ADD: add("TIME", 1),
  TIME_SUB: add("TIME", -1),
  LAST_DAY: lastDay,
};
