import { createEffect, on, onCleanup, onMount } from "solid-js";
import UPlot from "uplot";
import type { OccupancyPoint } from "../../../shared/scheduler-view.ts";
import { formatInstant } from "../../format.ts";
import { currentTheme } from "../../state/create-theme.ts";
import "uplot/dist/uPlot.min.css";

const height = 200;

/** Rooms that are there, and those of them that are occupied, over time. */
export function OccupancyChart(props: { points: OccupancyPoint[] }) {
  let parent!: HTMLDivElement;
  let chart: UPlot | undefined;

  function draw(): void {
    chart?.destroy();
    chart = new UPlot(optionsFor(parent), dataOf(props.points), parent);
  }
  onMount(() => {
    const observer = new ResizeObserver(() => {
      chart?.setSize({ width: parent.clientWidth, height });
    });
    observer.observe(parent);
    onCleanup(() => observer.disconnect());
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    onCleanup(() => dark.removeEventListener("change", draw));
  });
  createEffect(on(currentTheme, draw));
  createEffect(
    on(
      () => props.points,
      (points) => chart?.setData(dataOf(points)),
      { defer: true },
    ),
  );
  onCleanup(() => chart?.destroy());

  return (
    <figure class="chart card">
      <div ref={parent} aria-hidden="true" />
      <figcaption class="visually-hidden">{captionOf(props.points)}</figcaption>
    </figure>
  );
}

function availableOf({ counts }: OccupancyPoint): number {
  return (counts.creating ?? 0) + (counts.ready ?? 0) + (counts.occupied ?? 0);
}

function captionOf(points: OccupancyPoint[]): string {
  const last = points.at(-1);
  if (!last) return "No rooms were counted yet";
  const most = Math.max(...points.map(availableOf));
  return `${last.counts.occupied ?? 0} of ${availableOf(last)} rooms were occupied ${formatInstant(last.at)}; at most there were ${most}`;
}

function dataOf(points: OccupancyPoint[]): UPlot.AlignedData {
  return [
    points.map(({ at }) => Date.parse(at) / 1_000),
    points.map(availableOf),
    points.map(({ counts }) => counts.occupied ?? 0),
  ];
}

function optionsFor(parent: HTMLElement): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--ink-3"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${color("--font")}`,
  };
  const steps = UPlot.paths.stepped?.({ align: 1 });
  const series = (label: string, stroke: string, fill: string): UPlot.Series => ({
    label,
    stroke: color(stroke),
    fill: color(fill),
    width: 1.5,
    points: { show: false },
    ...(steps ? { paths: steps } : {}),
  });
  return {
    width: Math.max(200, parent.clientWidth),
    height,
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, Math.ceil(most * 1.1))] } },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] },
    ],
    series: [
      { label: "Time" },
      series("Rooms", "--ok-fill", "--ok-soft"),
      series("Occupied", "--busy-fill", "--busy-soft"),
    ],
  };
}
