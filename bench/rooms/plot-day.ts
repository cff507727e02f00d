import { type Moment, type SimulatedDay, simulateDay } from "./simulated-day.ts";

const size = { width: 900, height: 360 };
const plot = { left: 60, right: 20, top: 44, bottom: 40 };
const most = 10_000;
/** One point a minute is as fine as it can be seen. */
const everyMoment = 6;

/** The simulated day as an SVG, the same each time. */
export function plotDay(day: SimulatedDay = simulateDay()): string {
  const inner = {
    width: size.width - plot.left - plot.right,
    height: size.height - plot.top - plot.bottom,
  };
  const x = (hour: number) => (plot.left + (inner.width * hour) / 24).toFixed(1);
  const y = (rooms: number) => (plot.top + inner.height * (1 - rooms / most)).toFixed(1);
  const line = (pick: (moment: Moment) => number) =>
    day.moments
      .filter((_, index) => index % everyMoment === 0)
      .map((moment) => `${x(moment.hour)},${y(pick(moment))}`)
      .join(" ");
  const text = (at: string, body: string) =>
    `<text ${at} font-family="sans-serif" font-size="12" fill="#555">${body}</text>`;
  const across = [0, 2_500, 5_000, 7_500, 10_000].flatMap((rooms) => [
    `<line x1="${plot.left}" x2="${size.width - plot.right}" y1="${y(rooms)}" y2="${y(rooms)}" stroke="#ddd"/>`,
    text(`x="${plot.left - 8}" y="${Number(y(rooms)) + 4}" text-anchor="end"`, String(rooms)),
  ]);
  const hours = [0, 4, 8, 12, 16, 20, 24].map((hour) =>
    text(`x="${x(hour)}" y="${size.height - 16}" text-anchor="middle"`, `${hour}:00`),
  );
  const curves = [
    { name: "rooms there are", color: "#2a6fdb", points: line(({ available }) => available) },
    { name: "rooms wanted", color: "#d4572a", points: line(({ wanted }) => wanted) },
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}">`,
    "<title>A simulated day: rooms wanted, and rooms there are</title>",
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    ...across,
    ...hours,
    ...curves.flatMap(({ name, color, points }, index) => [
      `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
      `<rect x="${plot.left + 150 * index}" y="16" width="12" height="12" fill="${color}"/>`,
      text(`x="${plot.left + 150 * index + 18}" y="26"`, name),
    ]),
    "</svg>",
    "",
  ].join("\n");
}
