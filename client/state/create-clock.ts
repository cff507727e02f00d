import { createSignal } from "solid-js";

const [now, setNow] = createSignal(Date.now());

// One timer for every relative time on the page.
setInterval(() => setNow(Date.now()), 1000);

/** The present in ms, moving once a second. */
export const clock = now;
