import type { Page } from "playwright-core";
import type { Setting } from "./setting.ts";

/** The longest interaction of each kind in one visit, in ms from the event to the next paint. */
export type Visit = Record<string, number>;

declare global {
  var longestEventMs: number;
}
/** Of the page that some functions here run in. */
declare function requestAnimationFrame(callback: (at: number) => void): number;

/** Chromium reports no event that took less. */
const leastReportedMs = 16;

type Act = [what: string, act: (page: Page) => Promise<void>];

const acts: Act[] = [
  ["a key in the search of the tables", typeSearch],
  ["the search is emptied", (page) => page.getByLabel("Search tables by name").press("Control+x")],
  ["the list is sorted", sortList],
  ["another kind is shown", (page) => page.getByRole("link", { name: /^Import/ }).click()],
  ["all kinds are shown again", (page) => page.getByRole("link", { name: /^All/ }).click()],
  ["the command palette opens", (page) => page.keyboard.press("Control+k")],
  ["a key in the command palette", (page) => page.keyboard.type("real_99", { delay: 60 })],
  ["the command palette closes", (page) => page.keyboard.press("Escape")],
];

/** One visit to the list of all tables: what people do there, by real keys and clicks. */
export async function visitTables(setting: Setting): Promise<Visit> {
  const page = await setting.visit();
  try {
    await page.addInitScript(watchEvents);
    await page.goto(`${setting.url}/tables`);
    await page.getByText("10,000 tables").waitFor();
    const visit: Visit = {};
    for (const [what, act] of acts) {
      await page.evaluate(forgetEvents);
      await act(page);
      visit[what] = Math.max(leastReportedMs, await page.evaluate(longestEvent));
    }
    return visit;
  } finally {
    await page.context().close();
  }
}

async function typeSearch(page: Page): Promise<void> {
  await page.getByLabel("Search tables by name").click();
  await page.keyboard.type("real_999", { delay: 60 });
  // Of 10,000 tables, numbered from 0: real_999_d0 and real_9990_d0 to real_9999_d0.
  await page.getByText("11 tables").waitFor();
  await page.keyboard.press("Control+a");
}

async function sortList(page: Page): Promise<void> {
  await page.getByText("10,000 tables").waitFor();
  for (const name of ["Name", "Status", "Rows"]) {
    await page.getByRole("button", { name }).click();
  }
}

/** In the page. */
function watchEvents(): void {
  globalThis.longestEventMs = 0;
  // Node knows neither a browser's kinds of entry nor this threshold.
  const options: object = { type: "event", durationThreshold: 16 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      globalThis.longestEventMs = Math.max(globalThis.longestEventMs, duration);
    }
  }).observe(options as { type: "function" });
}

function forgetEvents(): void {
  globalThis.longestEventMs = 0;
}

/** In the page: after two frames, when what was painted last has been reported. */
function longestEvent(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() =>
      requestAnimationFrame(() => setTimeout(() => resolve(globalThis.longestEventMs), 50)),
    );
  });
}
