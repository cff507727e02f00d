import { whole } from "./config-variable.ts";

const day = 86_400;

/** Of schedulers, their rooms and what watches over them. */
export const roomVariables = {
  pingTimeoutSeconds: whole({
    variable: "PINGTIMEOUT",
    default: 30,
    min: 1,
    max: day,
    effect:
      "seconds after which a room without a ping is unresponsive, removed and replaced; they begin at its creation, so they bound the boot too",
  }),
};
