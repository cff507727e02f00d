/** An INTERVAL: three numbers that never flow into one another by themselves. */
export interface Interval {
  months: bigint;
  days: bigint;
  micros: bigint;
}

export const dayMicros = 86_400_000_000n;
const daysOfMonth = 30n;
const limits = { months: 120_000n, days: 3_660_000n, micros: 87_840_000n * 3_600_000_000n };

export function checkedInterval(interval: Interval): Interval {
  for (const field of ["months", "days", "micros"] as const) {
    const [value, limit] = [interval[field], limits[field]];
    if (value <= limit && value >= -limit) continue;
    const [name, zeros] = field === "micros" ? ["nanoseconds", "000"] : [field, ""];
    throw new Error(
      `Interval field ${name} '${value}${zeros}' is out of range -${limit}${zeros} to ${limit}${zeros}`,
    );
  }
  return interval;
}

/** What one of each part is. */
const units: Record<string, [field: keyof Interval, size: bigint]> = {
  YEAR: ["months", 12n],
  QUARTER: ["months", 3n],
  MONTH: ["months", 1n],
  WEEK: ["days", 7n],
  DAY: ["days", 1n],
  HOUR: ["micros", 3_600_000_000n],
  MINUTE: ["micros", 60_000_000n],
  SECOND: ["micros", 1_000_000n],
};

export const isIntervalPart = (part: string): boolean => Object.hasOwn(units, part);

export function sumOf(parts: [part: string, amount: bigint][]): Interval {
  const sum = { months: 0n, days: 0n, micros: 0n };
  for (const [part, amount] of parts) {
    const [field, size] = units[part] ?? ["micros", 1n];
    sum[field] += amount * size;
  }
  return checkedInterval(sum);
}

export function addIntervals(a: Interval, b: Interval, sign: 1n | -1n): Interval {
  return checkedInterval({
    months: a.months + sign * b.months,
    days: a.days + sign * b.days,
    micros: a.micros + sign * b.micros,
  });
}

export function multiplyInterval({ months, days, micros }: Interval, factor: bigint): Interval {
  return checkedInterval({
    months: months * factor,
    days: days * factor,
    micros: micros * factor,
  });
}

/** What months leave over becomes days of them, and what days leave over becomes hours. */
export function divideInterval({ months, days, micros }: Interval, divisor: bigint): Interval {
  if (divisor === 0n) throw new Error("Interval division by zero");
  const allDays = days + (months % divisor) * daysOfMonth;
  const allMicros = micros + (allDays % divisor) * dayMicros;
  return checkedInterval({
    months: months / divisor,
    days: allDays / divisor,
    micros: allMicros / divisor,
  });
}

/** `larger` of `size` smaller ones each; both end with one sign. */
function carried(larger: bigint, smaller: bigint, size: bigint): [bigint, bigint] {
  const [high, low] = [larger + smaller / size, smaller % size];
  if (high > 0n && low < 0n) return [high - 1n, low + size];
  return high < 0n && low > 0n ? [high + 1n, low - size] : [high, low];
}

export function justifyDays(interval: Interval): Interval {
  const [months, days] = carried(interval.months, interval.days, daysOfMonth);
  return checkedInterval({ ...interval, months, days });
}

export function justifyHours(interval: Interval): Interval {
  const [days, micros] = carried(interval.days, interval.micros, dayMicros);
  return checkedInterval({ ...interval, days, micros });
}

export function justifyInterval(interval: Interval): Interval {
  const total = interval.days * dayMicros + interval.micros;
  const [months, rest] = carried(interval.months, total, daysOfMonth * dayMicros);
  return checkedInterval({ months, days: rest / dayMicros, micros: rest % dayMicros });
}
