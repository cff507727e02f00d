import { createEffect, on, onCleanup, onMount } from "solid-js";
import UPlot from "uplot";
import type { CostsSummary } from "../../../shared/cost.ts";
import { formatBytes, formatPrice } from "../../format.ts";
import { currentTheme } from "../../state/create-theme.ts";
import "uplot/dist/uPlot.min.css";

const halfDay = 43_200;

/** Dollars a day as bars; pointing at one tells its bytes. Screen readers get the same as text. */
export function DayChart(props: { days: CostsSummary["perDay"] }) {
  let parent!: HTMLDivElement;
  let chart: UPlot | undefined;

  function draw(): void {
    chart?.destroy();
    chart = new UPlot(optionsFor(parent, props.days), dataOf(props.days), parent);
  }
  onMount(() => {
    const observer = new ResizeObserver(() => {
      chart?.setSize({ width: parent.clientWidth, height: 220 });
    });
    observer.observe(parent);
    onCleanup(() => observer.disconnect());
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    onCleanup(() => dark.removeEventListener("change", draw));
  });
  createEffect(on([() => props.days, currentTheme], draw));
  onCleanup(() => chart?.destroy());

  return (
    <figure class="chart">
      <div ref={parent} aria-hidden="true" />
      <figcaption class="visually-hidden">
        {props.days
          .filter((day) => day.bytesBilled > 0)
          .map((day) => `${day.day}: ${formatPrice(day.price)}, ${formatBytes(day.bytesBilled)}`)
          .join("; ") || "Nothing billed"}
      </figcaption>
    </figure>
  );
}

function dataOf(days: CostsSummary["perDay"]): UPlot.AlignedData {
  return [
    days.map((day) => Date.parse(day.day) / 1000),
    days.map((day) => day.price),
    days.map((day) => day.bytesBilled),
  ];
}

function optionsFor(parent: HTMLElement, days: CostsSummary["perDay"]): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--ink-3"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${color("--font")}`,
  };
  return {
    width: Math.max(200, parent.clientWidth),
    height: 220,
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { range: (_chart, least, most) => [least - halfDay, most + halfDay] },
      y: { range: (_chart, _least, most) => [0, Math.max(most * 1.1, 0.0001)] },
    },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 64, values: (_chart, ticks) => ticks.map((tick) => formatPrice(tick)) },
    ],
    series: [
      { label: "Day", value: (_chart, seconds) => dayName(seconds) },
      {
        label: "Cost",
        ...(UPlot.paths.bars === undefined
          ? {}
          : { paths: UPlot.paths.bars({ size: [0.7, 42], radius: 0.15 }) }),
        fill: color("--accent"),
        stroke: color("--accent"),
        width: 0,
        points: { show: false },
        value: (_chart, price) => (price === null ? "–" : formatPrice(price)),
      },
      {
        label: "Billed",
        show: true,
        width: 0,
        points: { show: false },
        scale: "bytes",
        value: (_chart, _bytes, _series, index) =>
          index === null ? "–" : formatBytes(days[index]?.bytesBilled ?? 0),
      },
    ],
  };
}

function dayName(seconds: number | null): string {
  return seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10);
}
