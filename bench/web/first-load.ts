import type { Page } from "playwright-core";
import type { Setting } from "./setting.ts";

/** What one page costs whoever opens it first, with nothing in the cache. */
export interface FirstLoad {
  /** As they came over the network, compressed. */
  scriptBytes: number;
  styleBytes: number;
  fontBytes: number;
  scripts: number;
  /** From the navigation until its content is painted and the main thread is free again. */
  interactiveMs: number;
}

/** `ready` is what the page has when its content is there. */
export async function loadFirst(
  setting: Setting,
  path: string,
  ready: (page: Page) => Promise<void>,
): Promise<FirstLoad> {
  const page = await setting.visit();
  try {
    const bytes = await countBytes(page);
    await page.addInitScript(watchLongTasks);
    await page.goto(`${setting.url}${path}`);
    await ready(page);
    const interactiveMs = await page.evaluate(whenFree);
    // The answers of live updates go on for ever: what is a file of the app has come by now.
    await page.waitForLoadState("load");
    return { ...bytes(), interactiveMs };
  } finally {
    await page.context().close();
  }
}

/** As Chromium counts them, with headers. */
async function countBytes(page: Page) {
  const session = await page.context().newCDPSession(page);
  const types = new Map<string, string>();
  const sums = new Map<string, { bytes: number; count: number }>();
  session.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId) ?? "Other";
    const sum = sums.get(type) ?? { bytes: 0, count: 0 };
    sums.set(type, { bytes: sum.bytes + encodedDataLength, count: sum.count + 1 });
  });
  await session.send("Network.enable");
  const bytesOf = (type: string) => sums.get(type)?.bytes ?? 0;
  return () => ({
    scriptBytes: bytesOf("Script"),
    styleBytes: bytesOf("Stylesheet"),
    fontBytes: bytesOf("Font"),
    scripts: sums.get("Script")?.count ?? 0,
  });
}

declare global {
  var lastLongTaskEndMs: number;
}
/** Of the page that some functions here run in. */
declare function requestAnimationFrame(callback: (at: number) => void): number;

/** In the page: remembers when the last task of 50 ms or more ended. */
function watchLongTasks(): void {
  globalThis.lastLongTaskEndMs = 0;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      globalThis.lastLongTaskEndMs = Math.max(globalThis.lastLongTaskEndMs, startTime + duration);
    }
  }).observe({ type: "longtask" as "function", buffered: true });
}

/** In the page: waits for the frame that shows the content, and for what is queued behind it. */
function whenFree(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0));
  });
}
