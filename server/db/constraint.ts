/** PostgreSQL's code of a failed statement, through the wrapping of Drizzle; null for other errors. */
export function sqlStateOf(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return null;
}

/** The constraint that a failed statement violated, through the wrapping of Drizzle; null for other errors. */
export function violatedConstraint(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("constraint" in at && typeof at.constraint === "string") return at.constraint;
  }
  return null;
}

/** data_exception, integrity_constraint_violation, program_limit_exceeded */
const dataFaults = /^(22|23|54)/;

/** Whether a statement failed on the values it was given: given again, they fail again. */
export function isDataFault(error: unknown): boolean {
  return dataFaults.test(sqlStateOf(error) ?? "");
}
