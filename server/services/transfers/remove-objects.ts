import { messageOf } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";

const atOnce = 16;

/**
 * Deletes each of these by itself: one that cannot be deleted keeps none of the others. The names of
 * those that are left, each of which the log tells with its reason.
 */
export async function removeObjects(
  { objectStore, log }: Pick<Deps, "objectStore" | "log">,
  names: string[],
): Promise<string[]> {
  const left: string[] = [];
  const remove = async (name: string) => {
    try {
      await objectStore.remove([name]);
    } catch (error) {
      left.push(name);
      log.warn({ object: name, err: error }, `a staged file is left: ${messageOf(error)}`);
    }
  };
  for (let at = 0; at < names.length; at += atOnce) {
    await Promise.all(names.slice(at, at + atOnce).map(remove));
  }
  return left;
}
