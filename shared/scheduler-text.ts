import { parse as parseYaml, YAMLParseError } from "yaml";
import type { z } from "zod";
import { MaestroError } from "./errors.ts";
import { type Specification, specificationSchema } from "./scheduler.ts";

const mostBytes = 256 * 1_024;

/**
 * A specification of YAML or JSON text, or of what was read from it. Throws one `invalidInput` that
 * lists all that is wrong, each with its field, and names the first as its own.
 */
export function readSpecification(given: unknown): Specification {
  const value = typeof given === "string" ? parseText(given) : given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MaestroError(
      "invalidInput",
      "a specification is a mapping of fields, such as `name: scorer`: see docs/rooms.md",
    );
  }
  const parsed = specificationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    field: fieldOf(issue),
    text: tellIssue(issue),
  }));
  const [first] = faults;
  const lines = faults.map(({ field, text }) => `${field || "the specification"}: ${text}`);
  throw new MaestroError(
    "invalidInput",
    lines.join("\n"),
    first?.field ? { field: first.field } : {},
  );
}

function parseText(text: string): unknown {
  if (text.length > mostBytes) {
    throw new MaestroError(
      "invalidInput",
      `a specification has at most ${mostBytes / 1_024} KiB, and this has ${Math.ceil(text.length / 1_024)}`,
    );
  }
  try {
    return parseYaml(text, { maxAliasCount: 50 });
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) {
      throw new MaestroError("invalidInput", `this is no YAML: ${(cause as Error).message}`, {
        cause,
      });
    }
    const [at] = cause.linePos ?? [];
    const position = at ? { position: { line: at.line, column: at.col } } : {};
    throw new MaestroError("invalidInput", `this is no YAML and no JSON: ${cause.message.trim()}`, {
      cause,
      ...position,
    });
  }
}

function fieldOf({ path }: z.core.$ZodIssue): string {
  return path.map(String).join(".");
}

function tellIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return `there is no ${issue.keys.join(", ")} here: take it out, or correct its name`;
  }
  return issue.message;
}
