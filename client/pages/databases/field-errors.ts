import type { DatabaseInput } from "../../../shared/database.ts";

/** What the server said of a field in its last refusal. */
export type FieldErrors = (field: keyof DatabaseInput) => string | undefined;
