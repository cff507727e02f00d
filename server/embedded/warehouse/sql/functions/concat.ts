import { castTo } from "../types/casts.ts";
import { coerce } from "../types/coerce.ts";
import { isNullLiteral, type Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import type { CallSite } from "./call-site.ts";

const texts = new Set([
  "INT64",
  "FLOAT64",
  "NUMERIC",
  "BIGNUMERIC",
  "INTERVAL",
  "BOOL",
  "DATE",
  "DATETIME",
  "TIMESTAMP",
  "TIME",
]);

/** BYTES, or anything that casts to STRING. */
export function concat(site: CallSite): Typed {
  const args = site.call.args.map((_, i) => site.arg(i));
  const kind = args.some((arg) => arg.type.kind === "BYTES") ? "BYTES" : "STRING";
  const type = scalar(kind);
  const parts = args.map((arg) => {
    const asText = kind === "STRING" && texts.has(arg.type.kind) && !isNullLiteral(arg);
    return asText ? castTo(arg, type, false) : coerce(arg, type);
  });
  if (parts.includes(null) || parts.length === 0) {
    const given =
      args.length === 0
        ? " with no arguments"
        : ` for argument types: ${args.map((arg) => typeName(arg.type)).join(", ")}`;
    throw site.ctx.fail(
      site.call.pos,
      `No matching signature for function CONCAT${given}. Supported signatures: CONCAT(STRING, [STRING, ...]); CONCAT(BYTES, [BYTES, ...])`,
    );
  }
  return { sql: `(${parts.map((part) => part?.sql).join(" || ")})`, type };
}
