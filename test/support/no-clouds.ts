import type { Clouds } from "../../server/services/deps.ts";
import { MaestroError } from "../../shared/errors.ts";

/** For tests whose runs end in the one cloud that they are given. */
export const noClouds: Clouds = {
  current: () => null,
  at() {
    throw new Error("there is one cloud alone here");
  },
  probe: () => Promise.reject(new MaestroError("configuration", "no BigQuery is set")),
};
