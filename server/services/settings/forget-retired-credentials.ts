import { deleteUnusedCredentials } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";
import { retiredPrefix } from "./cloud-settings.ts";

/** Deletes the credentials of former projects where nothing is under way any more. */
export async function forgetRetiredCredentials({ db, log }: Pick<Deps, "db" | "log">) {
  for (const key of await deleteUnusedCredentials(db, retiredPrefix)) {
    const project = key.slice(retiredPrefix.length);
    log.info({ project }, "the credentials of a former project were deleted");
  }
}
