import { createMemo } from "solid-js";
import UPlot from "uplot";
import type { CostsSummary } from "../../../shared/cost.ts";
import { Chart, type Token } from "../../components/chart/Chart.tsx";
import { formatBytes, formatPrice } from "../../format.ts";

const halfDay = 43_200;

/** Costs a day as bars, with the mean of a week; pointing at one tells its bytes. */
export function DayChart(props: { days: CostsSummary["perDay"] }) {
  const data = createMemo<UPlot.AlignedData>(() => [
    props.days.map(({ day }) => Date.parse(day) / 1000),
    props.days.map(({ price }) => price),
    weekMeans(props.days),
    props.days.map(({ bytesBilled }) => bytesBilled),
  ]);
  const caption = () =>
    props.days
      .filter(({ bytesBilled }) => bytesBilled > 0)
      .map(
        ({ day, price, bytesBilled }) =>
          `${day}: ${formatPrice(price)}, ${formatBytes(bytesBilled)}`,
      )
      .join("; ") || "Nothing billed";
  return <Chart data={data()} options={optionsFor} height={220} caption={caption()} />;
}

/** Of each day and the six before it; none for the first six, and none at all for a single week. */
function weekMeans(days: CostsSummary["perDay"]): (number | null)[] {
  return days.map((_, index) => {
    if (index < 6 || days.length <= 7) return null;
    const week = days.slice(index - 6, index + 1);
    return week.reduce((sum, { price }) => sum + price, 0) / 7;
  });
}

function optionsFor(token: Token): Pick<UPlot.Options, "series"> & Partial<UPlot.Options> {
  const bars = UPlot.paths.bars?.({ size: [0.7, 42], radius: 0.15 });
  const hidden = { points: { show: false } };
  const price = (value: number | null) => (value === null ? "–" : formatPrice(value));
  return {
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { range: (_chart, least, most) => [least - halfDay, most + halfDay] },
      y: { range: (_chart, _least, most) => [0, Math.max(most * 1.1, 0.0001)] },
    },
    axes: [{}, { size: 64, values: (_chart, ticks) => ticks.map((tick) => formatPrice(tick)) }],
    series: [
      { label: "Day", value: (_chart, seconds) => dayName(seconds) },
      {
        ...hidden,
        label: "Cost",
        ...(bars ? { paths: bars } : {}),
        fill: token("--accent"),
        stroke: token("--accent"),
        width: 0,
        value: (_chart, value) => price(value),
      },
      {
        ...hidden,
        label: "Mean of 7 days",
        stroke: token("--ink-3"),
        width: 1.5,
        value: (_chart, value) => price(value),
      },
      {
        ...hidden,
        label: "Billed",
        width: 0,
        scale: "bytes",
        value: (_chart, bytes) => (bytes === null ? "–" : formatBytes(bytes)),
      },
    ],
  };
}

function dayName(seconds: number | null): string {
  return seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10);
}
