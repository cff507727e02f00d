import type { z } from "zod";
import { MaestroError } from "../../../shared/errors.ts";

/** A body or a query as its schema has it. Throws one `invalidInput` that names all that is wrong. */
export function readInput<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  const field = parsed.error.issues[0]?.path.map(String).join(".");
  throw new MaestroError("invalidInput", faults.join("; "), field ? { field } : {});
}
