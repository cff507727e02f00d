import { BIGINT, VARCHAR } from "@duckdb/node-api";
import { define, type JsFunction } from "./js-function.ts";
import { numericText, parseNumeric } from "./numbers.ts";

const unit = 10n ** 9n;

/** The digits behind `places` are cut, or rounded: a half away from zero, or to the even digit. */
function round(text: string, places: bigint, mode: string): string {
  if (!["TRUNCATE", "ROUND_HALF_AWAY_FROM_ZERO", "ROUND_HALF_EVEN"].includes(mode))
    throw new Error(`Invalid rounding mode: ${mode}`);
  const units = parseNumeric(text);
  if (places >= 9n) return numericText(units);
  if (places < -29n) return numericText(0n);
  const step = 10n ** (9n - places);
  const whole = units / step;
  const rest = units % step < 0n ? -(units % step) : units % step;
  const isHalf = rest * 2n === step;
  const up =
    mode === "TRUNCATE"
      ? false
      : isHalf && mode === "ROUND_HALF_EVEN"
        ? whole % 2n !== 0n
        : rest * 2n >= step;
  return numericText((whole + (up ? (units < 0n ? -1n : 1n) : 0n)) * step);
}

function squareRoot(text: string): string {
  const units = parseNumeric(text);
  if (units < 0n) throw new Error(`SQRT is undefined for negative value: ${text}`);
  const square = units * unit;
  let root = BigInt(Math.floor(Math.sqrt(Number(square))));
  // A double's root is near enough for Newton to end at the floor.
  for (let next = 0n; ; root = next) {
    next = root === 0n ? 0n : (root + square / root) / 2n;
    if (next === root || next === root + 1n || next === root - 1n) break;
  }
  while (root * root > square) root--;
  while ((root + 1n) * (root + 1n) <= square) root++;
  const roundsUp = square - root * root > root;
  return numericText(roundsUp ? root + 1n : root);
}

export const numericFunctions: Record<string, JsFunction> = {
  maestro_numeric_round: define([VARCHAR, BIGINT, VARCHAR], VARCHAR, round),
  maestro_numeric_sqrt: define([VARCHAR], VARCHAR, squareRoot),
  maestro_numeric_div: define([VARCHAR, VARCHAR], VARCHAR, (a: string, b: string) =>
    numericText((parseNumeric(a) / parseNumeric(b)) * unit),
  ),
};
