import type { TableDefinitionInput } from "../../../shared/table.ts";

/*
 * The sample project: what an analyst of a small airline network would keep. Imports from the demo
 * source (`demo_raw`), cleaned facts and monthly shards (`demo_core`), answers (`demo_marts`). The SQL
 * stands in `sql/<dataset>.<name>.sql`.
 */

export type DemoFrequency = "hourly" | "daily";

export interface DemoTable
  extends Pick<
    TableDefinitionInput,
    "kind" | "importTable" | "idColumn" | "partitioning" | "clustering" | "extract"
  > {
  /** `dataset.name`. */
  name: string;
  description: string;
  /** Null: no frequency; runs when it is told to. */
  frequency: DemoFrequency | null;
  /** The SQL file where it is not the table's own, and what stands for `{{month}}` in it. */
  sql?: { file: string; month: string };
}

const imports: DemoTable[] = [
  {
    name: "demo_raw.flights",
    kind: "import",
    description:
      "Flights between the twenty busiest airports. Grows by id: each import adds the new ones.",
    frequency: "hourly",
    idColumn: "id",
  },
  {
    name: "demo_raw.airports",
    kind: "import",
    description: "Airports of the United States, imported whole.",
    frequency: "daily",
    importTable: "operations.airports",
  },
  {
    name: "demo_raw.daily_weather",
    kind: "import",
    description: "Daily weather of Seattle and New York.",
    frequency: "daily",
  },
  {
    name: "demo_raw.bird_strikes",
    kind: "import",
    description: "Wildlife strikes that were reported to the FAA since 1995.",
    frequency: "daily",
  },
  {
    name: "demo_raw.holidays",
    kind: "external",
    description: "Public holidays: a CSV (day, name) that someone uploads.",
    frequency: null,
  },
];

const months = ["01", "02", "03", "04", "05", "06"];

const shards: DemoTable[] = months.map((month) => ({
  name: `demo_core.departures_2001${month}`,
  kind: "summary",
  description: `Departures of 2001-${month}, one shard of demo_core.departures_2001*.`,
  frequency: "daily",
  sql: { file: "demo_core.departures_YYYYMM", month: `2001-${month}-01` },
}));

const core: DemoTable[] = [
  {
    ...summary("demo_core.flights", "hourly", "Flights, cleaned and partitioned by day."),
    partitioning: { type: "DAY", field: "flight_date" },
    clustering: ["origin", "destination"],
  },
  summary("demo_core.airports", "daily", "Airports that flights use, with their places."),
  summary("demo_core.daily_traffic", "hourly", "Departures and arrivals by airport and day."),
  summary("demo_core.weather_normals", "daily", "What a calendar day's weather is like, by city."),
  ...shards,
  summary(
    "demo_core.monthly_departures",
    "daily",
    "Departures by airport and month, over all shards.",
  ),
  summary("demo_core.state_airports", "daily", "States and the airports that serve them."),
  summary("demo_core.routes", "daily", "Routes: distance, flights, lateness."),
];

const marts: DemoTable[] = [
  summary("demo_marts.delay_trend", "hourly", "Delay by day against the week before."),
  summary("demo_marts.hourly_profile", "hourly", "When in the day and the week delays build up."),
  summary("demo_marts.route_ranking", "daily", "The five busiest routes of each airport."),
  summary("demo_marts.busiest_airports", "daily", "Airports with their top destinations."),
  summary("demo_marts.top_destinations", "daily", "Top destinations, one a row."),
  summary("demo_marts.holiday_effect", "daily", "Traffic and delay around public holidays."),
  summary("demo_marts.delays_by_weather", "daily", "Delays on days that are usually wet or dry."),
  summary("demo_marts.monthly_punctuality", "daily", "Punctual departures by airport and month."),
  summary("demo_marts.bird_strikes_by_state", "daily", "Bird strikes and the species most struck."),
  {
    ...summary(
      "demo_marts.airport_scorecard",
      "daily",
      "One line an airport; extracted to CSV files.",
    ),
    extract: true,
  },
  summary("demo_marts.network_overview", "daily", "The whole network in one row."),
];

/** Parents first, so that a table's parents are in the catalog when it is saved. */
export const demoTables: DemoTable[] = [...imports, ...core, ...marts];

export const demoFrequencies: Record<
  DemoFrequency,
  { name: string; periodSeconds: number; offsetSeconds: number }
> = {
  hourly: { name: "Hourly", periodSeconds: 3600, offsetSeconds: 0 },
  daily: { name: "Daily at 04:00 UTC", periodSeconds: 86_400, offsetSeconds: 14_400 },
};

/** What is uploaded as demo_raw.holidays: federal holidays of the flights' months. */
export const holidaysCsv = `day,name
2001-01-01,New Year's Day
2001-01-15,"Birthday of Martin Luther King, Jr."
2001-02-19,Washington's Birthday
2001-05-28,Memorial Day
`;

function summary(name: string, frequency: DemoFrequency, description: string): DemoTable {
  return { name, kind: "summary", description, frequency };
}
