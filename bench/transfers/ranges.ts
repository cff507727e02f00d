import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openSource } from "../../server/connectors/open-source.ts";
import type { SharedSnapshot } from "../../server/connectors/source.ts";
import { countParts, partsOfPages } from "../../server/domain/import-parts.ts";
import { type PagePart, printSelect } from "../../server/domain/primitive-select.ts";
import type { ImportSelect } from "../../shared/import-select.ts";
import { type OpenChild, openChild } from "../support/child.ts";
import type { BenchOptions } from "../support/options.ts";
import type { Observation } from "../support/report.ts";
import { verifyStaged } from "./checksums.ts";
import { type Compared, compareReaders } from "./compare-readers.ts";
import { type Reader, roomReader, taskReader, withTreeCpu } from "./contestants.ts";
import type { RangeInput, RangeSetup } from "./range.task.ts";
import type { Setting } from "./setting.ts";
import { slowSource } from "./slow-source.ts";

const table = "orders";
/** Maestro's own; smaller tables are divided here too. */
const dividedFrom = 2 ** 30;
const reach = 1.2;

const select: ImportSelect = {
  columns: [{ expression: { kind: "star", table: null, at: { line: 1, column: 1 } }, alias: null }],
  table: { schema: null, name: table, alias: null },
  where: null,
  limit: null,
};

const one = "one room";
const two = "two rooms, by parts";
const alone = "one room, by parts";
/** 200 Mbit/s: a server in another network. */
const bytesPerSecond = 25_000_000;

type Log = BenchOptions["log"];
type Helper = OpenChild<boolean, number>;

/**
 * Two rooms on one table, by parts, against one that reads it whole. Where server, rooms and bucket share
 * the cores of one machine, two rooms can at best fill what one leaves free, which `coresInUse` shows;
 * where a room waits for its connection, each has one of its own.
 */
export async function benchRanges(setting: Setting, log: Log): Promise<Compared[]> {
  const { surroundings } = setting;
  const helper: Helper = await openChild(new URL("./helper.task.ts", import.meta.url), {
    surroundings,
  });
  const elsewhere = await slowSource(setting.postgres, bytesPerSecond);
  try {
    const rows = await compareRows(setting, log);
    const rooms = (title: string, address: DatabaseAddress) =>
      compareRooms(setting, { title: `PostgreSQL by two rooms, ${title}`, address, helper, log });
    const here = await rooms("the whole import into the bucket", setting.postgres);
    const there = await rooms(
      `the whole import from a server that gives a connection ${bytesPerSecond / 1e6} MB a second`,
      elsewhere.address,
    );
    return [rows, here, there];
  } finally {
    await helper.close();
    await elsewhere.close();
  }
}

async function compareRows(setting: Setting, log: Log): Promise<Compared> {
  const staged = { format: "csv", nullText: "N" } as const;
  const entry = { name: one, role: "ours", address: setting.postgres, table } as const;
  return compareReaders({
    title: "PostgreSQL by two rooms, the rows as they come",
    readers: [
      await taskReader(setting, { ...entry, how: "stream", staged }),
      await rangeReader(setting, two, 2),
      await rangeReader(setting, alone, 1),
    ],
    reach: [{ name: two, speed: reach }],
    log,
  });
}

async function compareRooms(
  setting: Setting,
  options: { title: string; address: DatabaseAddress; helper: Helper; log: Log },
): Promise<Compared> {
  const { title, address, helper, log } = options;
  const { source, bytes } = await begin(setting);
  await source.close();
  const entry = { address, table, role: "ours" } as const;
  const divided = { ...entry, importDividedFrom: Math.min(dividedFrom, bytes) };
  return compareReaders({
    title,
    readers: [
      await roomReader(setting, { ...entry, name: one }),
      helped(await roomReader(setting, { ...divided, name: two }), helper),
      await roomReader(setting, { ...divided, name: alone }),
    ],
    reach: [{ name: two, speed: reach }],
    log,
  });
}

async function begin(setting: Setting) {
  const { signal } = new AbortController();
  const source = await openSource(setting.postgres, { statementTimeoutSeconds: 3600, signal });
  const relation = await source.findTable(select.table);
  await source.begin();
  const extent = await source.parts?.measure(null);
  if (!extent?.pages) throw new Error(`${table} has no pages`);
  const bytes = Math.round(extent.bytes);
  const count = countParts(bytes, Math.min(dividedFrom, bytes));
  return { source, relation, bytes, parts: partsOfPages(extent.pages, count) };
}

/** Processes that read parts of one snapshot, one after the other, into files. */
async function rangeReader(setting: Setting, name: string, processes: number): Promise<Reader> {
  const directory = join(setting.directory, `ranges-${processes}`);
  const setup: RangeSetup = { address: setting.postgres, table: { schema: "public", name: table } };
  const children = await Promise.all(
    Array.from({ length: processes }, () =>
      openChild<RangeInput, string[]>(new URL("./range.task.ts", import.meta.url), setup),
    ),
  );
  let paths: string[] = [];
  const read = async () => {
    const { source, relation, parts } = await begin(setting);
    try {
      const print = (part: PagePart) => printSelect(select, "postgres", relation, null, part);
      const statements = parts.map(print);
      const { columns } = await source.describe(statements[0] ?? "");
      const shared = (await source.parts?.share()) as SharedSnapshot;
      const measured = await Promise.all(
        children.map((child, at) =>
          child.measure({
            shared,
            columns,
            directory: join(directory, String(at)),
            statements: statements.filter((_, number) => number % processes === at),
          }),
        ),
      );
      await source.parts?.confirm();
      paths = measured.flatMap(({ output }) => output);
      return Math.max(...measured.map(({ peakRssBytes }) => peakRssBytes));
    } finally {
      await source.close();
    }
  };
  return {
    name,
    role: "ours",
    measure: async () => {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      return withTreeCpu(async () => {
        const startedAt = performance.now();
        const peakRssBytes = await read();
        return { seconds: (performance.now() - startedAt) / 1000, peakRssBytes, cpuSeconds: null };
      });
    },
    verify: () =>
      verifyStaged(table, { paths, format: "csv", nullText: "N" }, setting.checksums[table]),
    aboveIdleBytes: () => null,
    paths: () => paths,
    close: async () => {
      await Promise.all(children.map((child) => child.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** With a second room that takes parts as long as the first one is measured. */
function helped(reader: Reader, helper: Helper): Reader {
  return {
    ...reader,
    measure: async () => {
      await helper.measure(true);
      const measured = await reader.measure();
      const { output } = await helper.measure(false);
      if (output === 0) throw new Error("the second room has read no part");
      return measured;
    },
  };
}

/** How many cores each way kept busy, servers and bucket included, and what that leaves for a second room. */
export function coresInUse(compared: Compared[]): Observation {
  const cores = availableParallelism();
  const rows = compared.flatMap(({ comparison }) =>
    comparison.contestants.map(({ name, seconds, cpuSeconds }) => {
      const busy = (cpuSeconds?.median ?? Number.NaN) / seconds.median;
      const most = name === one ? `${Math.max(1, cores / busy).toFixed(2)} ×` : "";
      return [comparison.title, name, busy.toFixed(2), most];
    }),
  );
  return {
    title: "Cores in use by one room and by two",
    note: `Of ${cores}. Two rooms that take no more CPU than one cannot be faster than this multiple of it.`,
    columns: ["", "", "cores in use", "two rooms at most"],
    rows,
  };
}
