import type { Clouds } from "../../server/services/deps.ts";

/** For tests whose runs end in the one cloud that they are given. */
export const noClouds: Clouds = {
  current: () => null,
  at() {
    throw new Error("there is one cloud alone here");
  },
};
