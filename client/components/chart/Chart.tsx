import { createEffect, on, onCleanup, onMount } from "solid-js";
import UPlot from "uplot";
import { currentTheme } from "../../state/create-theme.ts";
import "uplot/dist/uPlot.min.css";

/** What a chart takes from the design system: colours and type by the names of their tokens. */
export type Token = (name: `--${string}`) => string;

interface Props {
  data: UPlot.AlignedData;
  /** Scales, axes and series; the size, the axes' look and the redrawing are the chart's own. */
  options: (token: Token) => Pick<UPlot.Options, "series"> & Partial<UPlot.Options>;
  height: number;
  /** The same as text, for screen readers. */
  caption: string;
}

/** A chart as wide as its place, in the colours of the theme, also after a change of either. */
export function Chart(props: Props) {
  let parent!: HTMLDivElement;
  let chart: UPlot | undefined;

  function draw(): void {
    chart?.destroy();
    chart = new UPlot(optionsFor(props, parent.clientWidth), props.data, parent);
  }
  onMount(() => {
    const observer = new ResizeObserver(() =>
      chart?.setSize({ width: widthOf(parent.clientWidth), height: props.height }),
    );
    observer.observe(parent);
    onCleanup(() => observer.disconnect());
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    onCleanup(() => dark.removeEventListener("change", draw));
  });
  createEffect(on(currentTheme, draw));
  createEffect(
    on(
      () => props.data,
      (data) => chart?.setData(data),
      { defer: true },
    ),
  );
  onCleanup(() => chart?.destroy());

  return (
    <figure class="chart">
      <div ref={parent} aria-hidden="true" />
      <figcaption class="visually-hidden">{props.caption}</figcaption>
    </figure>
  );
}

const widthOf = (available: number) => Math.max(200, available);

function optionsFor(props: Props, available: number): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const token: Token = (name) => style.getPropertyValue(name).trim();
  const { axes = [{}, {}], ...own } = props.options(token);
  const [across = {}, up = {}] = axes;
  const look = {
    stroke: token("--ink-3"),
    grid: { stroke: token("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${token("--font")}`,
  };
  return {
    width: widthOf(available),
    height: props.height,
    ...own,
    axes: [
      { ...look, grid: { show: false }, ...across },
      { ...look, ...up },
    ],
  };
}
