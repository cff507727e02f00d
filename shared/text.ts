import { z } from "zod";

/**
 * Text that PostgreSQL can keep: without NUL, which its text has no place for, and without half a
 * surrogate pair, which its JSON refuses.
 */
export function keptText() {
  return z
    .string()
    .refine((text) => !text.includes("\0"), "it holds a NUL character (U+0000): take it out")
    .refine((text) => text.isWellFormed(), "it holds half of a surrogate pair: take it out");
}

/** `d.a`, `d.a and d.b`, `d.a and 3 more`. */
export function andMore(first: string, count: number, second?: string): string {
  if (count <= 1) return first;
  if (count === 2 && second !== undefined) return `${first} and ${second}`;
  return `${first} and ${count - 1} more`;
}

/**
 * JSON that PostgreSQL can keep: it has neither NUL nor lone surrogates, which become replacement
 * characters. JSON.stringify escapes both; an escaped backslash before them is not theirs.
 */
export function keptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g,
    "$1\ufffd",
  );
}
