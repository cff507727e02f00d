import { MaestroError } from "../../../shared/errors.ts";
import { violatedConstraint } from "../../db/constraint.ts";

/** Turns the violation of a database's unique name into an error that says so. */
export async function nameTaken<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedConstraint(error) !== "databases_name_unique") throw error;
    throw new MaestroError("conflict", `there is a database named ${name} already`, {
      field: "name",
      cause: error,
    });
  }
}
