import type { FrequencyInput, FrequencyView } from "../../../shared/frequency.ts";

/** What of a frequency can be changed; for none, a daily one. */
export function draftOf(frequency: FrequencyView | null): FrequencyInput {
  if (frequency === null) {
    return {
      name: "",
      periodSeconds: 86_400,
      offsetSeconds: 0,
      timeZone: null,
      active: true,
      parentWaitSeconds: null,
      lateAfterSeconds: null,
      slackChannel: null,
    };
  }
  const { name, periodSeconds, offsetSeconds, timeZone, active } = frequency;
  return {
    name,
    periodSeconds,
    offsetSeconds,
    timeZone,
    active,
    parentWaitSeconds: frequency.parentWaitSeconds ?? null,
    lateAfterSeconds: frequency.lateAfterSeconds ?? null,
    slackChannel: frequency.slackChannel ?? null,
  };
}
