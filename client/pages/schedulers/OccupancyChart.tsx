import { createMemo } from "solid-js";
import UPlot from "uplot";
import type { OccupancyPoint } from "../../../shared/scheduler-view.ts";
import { Chart, type Token } from "../../components/chart/Chart.tsx";
import { formatInstant } from "../../format.ts";

/** Rooms that are there, and those of them that are occupied, over time. */
export function OccupancyChart(props: { points: OccupancyPoint[] }) {
  const data = createMemo<UPlot.AlignedData>(() => [
    props.points.map(({ at }) => Date.parse(at) / 1_000),
    props.points.map(availableOf),
    props.points.map(({ counts }) => counts.occupied ?? 0),
  ]);
  return (
    <div class="card">
      <Chart data={data()} options={optionsFor} height={200} caption={captionOf(props.points)} />
    </div>
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

function optionsFor(token: Token): Pick<UPlot.Options, "series"> & Partial<UPlot.Options> {
  const steps = UPlot.paths.stepped?.({ align: 1 });
  const series = (label: string, stroke: `--${string}`, fill: `--${string}`): UPlot.Series => ({
    label,
    stroke: token(stroke),
    fill: token(fill),
    width: 1.5,
    points: { show: false },
    ...(steps ? { paths: steps } : {}),
  });
  return {
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, Math.ceil(most * 1.1))] } },
    axes: [{}, { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] }],
    series: [
      { label: "Time" },
      series("Rooms", "--ok-fill", "--ok-soft"),
      series("Occupied", "--busy-fill", "--busy-soft"),
    ],
  };
}
