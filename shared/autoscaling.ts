import { z } from "zod";

export const triggerTypes = ["room", "cpu", "mem", "queue"] as const;

export type TriggerType = (typeof triggerTypes)[number];

/** Seconds of history, at most: longer than any trigger looks back. */
const longestSeconds = 86_400;

/** A trigger; `usage`, `threshold` and `limit` in per cent, `time` in seconds. */
const upTriggerSchema = triggerSchema({ usage: 70, time: 600 }).extend({
  /** From this usage on it acts at once. */
  limit: percent("limit", 1, 1_000).default(90),
});

const downTriggerSchema = triggerSchema({ usage: 50, time: 900 });

const cooldown = whole("a cooldown in seconds", 0, longestSeconds).default(300);

export const autoscalingSchema = z
  .strictObject({
    min: whole("min", 0, 10_000).default(1),
    /** 0: no cap. */
    max: whole("max", 0, 10_000).default(10),
    up: z
      .strictObject({ metricsTrigger: z.array(upTriggerSchema).max(20).default([]), cooldown })
      .prefault({}),
    down: z
      .strictObject({ metricsTrigger: z.array(downTriggerSchema).max(20).default([]), cooldown })
      .prefault({}),
  })
  .superRefine(({ min, max }, context) => {
    if (max === 0 || min <= max) return;
    const message = `min ${min} is above max ${max}: lower it, or raise max (0 is no cap)`;
    context.addIssue({ code: "custom", path: ["min"], message });
  });

export type Autoscaling = z.infer<typeof autoscalingSchema>;

function triggerSchema(defaults: { usage: number; time: number }) {
  return z.strictObject({
    type: z.enum(triggerTypes, { error: `a trigger's type is one of ${triggerTypes.join(", ")}` }),
    usage: percent("usage", 1, 1_000).default(defaults.usage),
    threshold: percent("threshold", 0, 100).default(80),
    time: whole("a trigger's time in seconds", 1, longestSeconds).default(defaults.time),
  });
}

function percent(name: string, min: number, max: number) {
  const error = `${name} is a number of per cent from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

function whole(what: string, min: number, max: number) {
  const error = `${what} is a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}
