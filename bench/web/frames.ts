import type { Page } from "playwright-core";
import { graphSize, type Setting } from "./setting.ts";

/** Frames while one thing was done to the graph. */
export interface Frames {
  perSecond: number;
  /** The longest time between two frames. */
  longestMs: number;
}

export const movements = [
  "panned from afar",
  "zoomed by the wheel",
  "panned at half size",
  "panned at full size",
] as const;
export type Movement = (typeof movements)[number];

const steps = 120;

/** One visit to the graph of a run of 2,000 tables: panned and zoomed by a real pointer. */
export async function moveGraph(setting: Setting): Promise<Record<Movement, Frames>> {
  const page = await setting.visit();
  try {
    await page.goto(`${setting.url}/runs/${setting.runId}/graph`);
    const graph = page.getByRole("region", { name: `Graph of run ${setting.runId}` });
    await graph.waitFor();
    await page.getByText(`${graphSize.toLocaleString("en")} tables`).waitFor();
    await graph.locator("canvas").waitFor();
    const box = await graph.boundingBox();
    if (!box) throw new Error("the graph is not on screen");
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const afar = await framesOf(page, () => pan(page, middle));
    const zoomed = await framesOf(page, () => zoom(page, middle, 30));
    await page.keyboard.press("Tab");
    await graph.focus();
    const half = await framesOf(page, () => pan(page, middle));
    await zoom(page, middle, 12);
    const near = await framesOf(page, () => pan(page, middle));
    return {
      "panned from afar": afar,
      "zoomed by the wheel": zoomed,
      "panned at half size": half,
      "panned at full size": near,
    };
  } finally {
    await page.context().close();
  }
}

/** A drag around in a square, some 16 ms a step as a mouse reports them. */
async function pan(page: Page, { x, y }: { x: number; y: number }): Promise<void> {
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < steps; step += 1) {
    const angle = (step / steps) * 2 * Math.PI;
    await page.mouse.move(x + 200 * Math.sin(angle), y + 150 * (1 - Math.cos(angle)));
    await page.waitForTimeout(8);
  }
  await page.mouse.up();
}

async function zoom(page: Page, { x, y }: { x: number; y: number }, turns: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let turn = 0; turn < turns; turn += 1) {
    await page.mouse.wheel(0, -60);
    await page.waitForTimeout(16);
  }
}

declare global {
  var frameTimes: number[];
}
/** Of the page that the functions below run in. */
declare function requestAnimationFrame(callback: (at: number) => void): number;

async function framesOf(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(startCounting);
  await act();
  const times = await page.evaluate(stopCounting);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  if (gaps.length === 0) throw new Error("no frame was drawn");
  return { perSecond: gaps.length / seconds, longestMs: Math.max(...gaps) };
}

/** In the page. */
function startCounting(): void {
  const times: number[] = [];
  globalThis.frameTimes = times;
  const count = (at: number) => {
    times.push(at);
    if (globalThis.frameTimes === times) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}

function stopCounting(): number[] {
  const times = globalThis.frameTimes;
  globalThis.frameTimes = [];
  return times;
}
