import { MaestroError } from "../../shared/errors.ts";

/** Types a procedure whose service has not landed yet. */
export async function pending<T>(): Promise<T> {
  throw new MaestroError("notSupported", "this part is being built");
}
