import { MaestroError } from "../../../shared/errors.ts";
import type { FrequencyView } from "../../../shared/frequency.ts";
import type { Deps } from "../deps.ts";
import { listFrequencies } from "./list-frequencies.ts";

/** By its name; where there is none such, the error names those there are. */
export async function getFrequency(
  deps: Pick<Deps, "db" | "now">,
  name: string,
): Promise<FrequencyView> {
  const all = await listFrequencies(deps);
  const found = all.find((each) => each.name === name);
  if (found) return found;
  const names = all.map((each) => each.name).join(", ");
  const remedy = names === "" ? "there are none yet: make one first" : `there are ${names}`;
  throw new MaestroError("notFound", `there is no frequency ${name}; ${remedy}`, { field: "name" });
}
