import { BIGINT, DuckDBIntervalValue, HUGEINT, INTERVAL, VARCHAR } from "@duckdb/node-api";
import { intervalIso, intervalText, parseInterval } from "./interval-texts.ts";
import {
  addIntervals,
  checkedInterval,
  divideInterval,
  type Interval,
  justifyDays,
  justifyHours,
  justifyInterval,
  multiplyInterval,
  sumOf,
} from "./intervals.ts";
import { define, type JsFunction } from "./js-function.ts";

const toDuck = ({ months, days, micros }: Interval) =>
  new DuckDBIntervalValue(Number(months), Number(days), micros);

const fromDuck = ({ months, days, micros }: DuckDBIntervalValue): Interval => ({
  months: BigInt(months),
  days: BigInt(days),
  micros,
});

const ofOne = (change: (interval: Interval) => Interval) =>
  define([INTERVAL], INTERVAL, (value: DuckDBIntervalValue) => toDuck(change(fromDuck(value))));

const ofTwo = (sign: 1n | -1n) =>
  define([INTERVAL, INTERVAL], INTERVAL, (a: DuckDBIntervalValue, b: DuckDBIntervalValue) =>
    toDuck(addIntervals(fromDuck(a), fromDuck(b), sign)),
  );

const scaled = (change: (interval: Interval, by: bigint) => Interval) =>
  define([INTERVAL, BIGINT], INTERVAL, (value: DuckDBIntervalValue, by: bigint) =>
    toDuck(change(fromDuck(value), by)),
  );

const textOf = (write: (interval: Interval) => string) =>
  define([INTERVAL], VARCHAR, (value: DuckDBIntervalValue) => write(fromDuck(value)));

export const intervalFunctions: Record<string, JsFunction> = {
  maestro_interval_of: define([BIGINT, VARCHAR], INTERVAL, (amount: bigint, part: string) =>
    toDuck(sumOf([[part, amount]])),
  ),
  maestro_interval_parts: define(
    [HUGEINT, HUGEINT, HUGEINT],
    INTERVAL,
    (months: bigint, days: bigint, micros: bigint) =>
      toDuck(checkedInterval({ months, days, micros })),
  ),
  maestro_interval_mean: define(
    [HUGEINT, HUGEINT, HUGEINT, BIGINT],
    INTERVAL,
    (months: bigint, days: bigint, micros: bigint, count: bigint) =>
      toDuck(divideInterval({ months, days, micros }, count)),
  ),
  maestro_make_interval: define(
    [BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT],
    INTERVAL,
    (
      ...[year, month, day, hour, minute, second]: [bigint, bigint, bigint, bigint, bigint, bigint]
    ) =>
      toDuck(
        sumOf([
          ["YEAR", year],
          ["MONTH", month],
          ["DAY", day],
          ["HOUR", hour],
          ["MINUTE", minute],
          ["SECOND", second],
        ]),
      ),
  ),
  maestro_interval_add: ofTwo(1n),
  maestro_interval_subtract: ofTwo(-1n),
  maestro_interval_multiply: scaled(multiplyInterval),
  maestro_interval_divide: scaled(divideInterval),
  maestro_justify_days: ofOne(justifyDays),
  maestro_justify_hours: ofOne(justifyHours),
  maestro_justify_interval: ofOne(justifyInterval),
  maestro_interval_text: textOf(intervalText),
  maestro_interval_iso: textOf(intervalIso),
  maestro_parse_interval: define([VARCHAR], INTERVAL, (text: string) =>
    toDuck(parseInterval(text)),
  ),
};
