import { Show } from "solid-js";

/** Less than this is no news, and has no colour. */
const newsPercent = 10;

/** From one figure to the next in per cent; more is worse, as of costs and durations. */
export function Change(props: { now: number; before: number }) {
  const percent = () => Math.round(((props.now - props.before) / props.before) * 100);
  return (
    <Show when={props.before > 0 && percent() !== 0}>
      <span
        class="change num"
        classList={{ more: percent() >= newsPercent, less: percent() <= -newsPercent }}
      >
        {percent() > 0 ? "+" : "−"}
        {percent() > 999 ? "999" : Math.abs(percent())} %
      </span>
    </Show>
  );
}
