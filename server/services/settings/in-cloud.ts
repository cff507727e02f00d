import type { CloudPlace } from "../../../shared/cloud.ts";
import type { Deps } from "../deps.ts";

/**
 * The same with the cloud of one place, for what belongs to a run: it ends where it began. Null, of an
 * older version's run, is the current one.
 */
export function inCloud<D extends Pick<Deps, "clouds">>(deps: D, place: CloudPlace | null): D {
  return place === null ? deps : { ...deps, ...deps.clouds.at(place) };
}
