import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openSource } from "../../server/connectors/open-source.ts";
import type { SharedSnapshot } from "../../server/connectors/source.ts";
import { countParts, partsBetween } from "../../server/domain/id-parts.ts";
import { type IdPart, printSelect } from "../../server/domain/primitive-select.ts";
import type { ImportSelect } from "../../shared/import-select.ts";
import { openChild } from "../support/child.ts";
import type { BenchOptions } from "../support/options.ts";
import { verifyStaged } from "./checksums.ts";
import { type Compared, compareReaders } from "./compare-readers.ts";
import { type Reader, roomReader, taskReader, withTreeCpu } from "./contestants.ts";
import type { RangeInput, RangeSetup } from "./range.task.ts";
import type { Setting } from "./setting.ts";

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

/** Two rooms on one table, by ranges of ids, against one that reads it whole. */
export async function benchRanges(setting: Setting, log: BenchOptions["log"]): Promise<Compared[]> {
  const entry = { address: setting.postgres, table, role: "ours" } as const;
  const one = "one room";
  const two = "two rooms, by ranges of ids";
  const alone = "one room, by ranges of ids";
  const asItComes = await compareReaders({
    title: "PostgreSQL by two rooms, the rows as they come",
    readers: [
      await taskReader(setting, {
        ...entry,
        name: one,
        how: "stream",
        staged: { format: "csv", nullText: "N" },
      }),
      await rangeReader(setting, two, 2),
      await rangeReader(setting, alone, 1),
    ],
    reach: [{ name: two, speed: reach }],
    log,
  });
  const { source, bytes } = await begin(setting);
  await source.close();
  const divided = { ...entry, importDividedFrom: Math.min(dividedFrom, bytes) };
  const { surroundings } = setting;
  const helper = await openChild<boolean, number>(new URL("./helper.task.ts", import.meta.url), {
    surroundings,
  });
  try {
    const whole = await compareReaders({
      title: "PostgreSQL by two rooms, the whole import into the bucket",
      readers: [
        await roomReader(setting, { ...entry, name: one }),
        helped(await roomReader(setting, { ...divided, name: two }), helper),
        await roomReader(setting, { ...divided, name: alone }),
      ],
      reach: [{ name: two, speed: reach }],
      log,
    });
    return [asItComes, whole];
  } finally {
    await helper.close();
  }
}

async function begin(setting: Setting) {
  const { signal } = new AbortController();
  const source = await openSource(setting.postgres, { statementTimeoutSeconds: 3600, signal });
  const relation = await source.findTable(select.table);
  await source.begin();
  const extent = await source.parts?.measure(null);
  if (!extent) throw new Error(`${table} has no ids`);
  const bytes = Math.round(extent.bytes);
  return {
    source,
    relation,
    extent,
    bytes,
    parts: countParts(bytes, Math.min(dividedFrom, bytes)),
  };
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
    const { source, relation, extent, parts } = await begin(setting);
    try {
      const cuts = (await source.parts?.cut(extent, { above: null }, parts)) ?? [];
      const print = (part: IdPart) => printSelect(select, "postgres", relation, null, part);
      const statements = partsBetween(cuts, extent, null).map(print);
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
function helped(
  reader: Reader,
  helper: { measure(input: boolean): Promise<{ output: number }> },
): Reader {
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
