import type { BenchOptions } from "../support/options.ts";
import type { BenchResult } from "../support/report.ts";
import { type Compared, compareReaders, sizeTarget } from "./compare-readers.ts";
import { roomReader, shellReader, taskReader } from "./contestants.ts";
import { benchExports } from "./exports.ts";
import { benchRanges, coresInUse } from "./ranges.ts";
import { openSetting, type Setting } from "./setting.ts";

const rowsOf = { full: 5_000_000, small: 200_000 };

type Log = BenchOptions["log"];

/** The parts of our own way: names of contestants. */
const asItComes = "ours, the source's rows as they come";
const staged = "ours, staged for the load";
const whole = "ours, the whole import into the bucket";

const parquet = { format: "parquet" } as const;
const ourCsv = { format: "csv", nullText: "N" } as const;
const plainCsv = { format: "csv" } as const;

/**
 * Imports against the vendors' own clients on the same rows, which come through the same loopback
 * connection onto the same disk.
 */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const rows = rowsOf[size];
  const setting = await openSetting(rows, log);
  try {
    const postgres = await benchPostgres(setting, log);
    const mysql = setting.mariadb ? await benchMysql(setting, log) : [];
    const ranges = await benchRanges(setting, log);
    const all = [...postgres, ...mysql, ...ranges, ...(await benchExports(setting, log))];
    return {
      comparisons: all.map(({ comparison }) => comparison),
      observations: [coresInUse(ranges)],
      targets: all.flatMap(({ targets }) => targets),
      verified: [
        `each contestant's ${rows} rows of 12 columns were the source's, by a checksum over the values of each column, before anything was timed`,
        "CPU seconds are those of the servers too; peak memory is that of the contestant's processes alone",
      ],
      missing: setting.mariadb ? [] : [{ name: "MariaDB", why: setting.mariadbFault }],
    };
  } finally {
    await setting.close();
  }
}

async function benchPostgres(setting: Setting, log: Log): Promise<Compared[]> {
  const address = setting.postgres;
  const orders = { address, table: "orders" } as const;
  const statement = "copy (select * from orders) to stdout (format csv)";
  const file = "psql COPY > file";
  const zipped = "psql COPY | gzip -1";
  const uncompressed = await compareReaders({
    title: "PostgreSQL, uncompressed",
    readers: [
      shellReader(setting, {
        ...orders,
        name: file,
        role: "limit",
        statement,
        pipe: "",
        staged: plainCsv,
      }),
      await taskReader(setting, {
        ...orders,
        name: asItComes,
        role: "ours",
        how: "stream",
        staged: ourCsv,
      }),
      await taskReader(setting, {
        ...orders,
        name: "pg-copy-streams",
        role: "peer",
        how: "copy",
        staged: plainCsv,
      }),
      await taskReader(setting, {
        ...orders,
        name: "cursor, CSV in JavaScript",
        role: "naive",
        how: "rows",
        staged: plainCsv,
      }),
    ],
    reach: [{ name: asItComes, speed: 0.93 }],
    log,
  });
  const columnar = await compareReaders({
    title: "PostgreSQL, Parquet zstd",
    readers: [
      shellReader(setting, {
        ...orders,
        name: zipped,
        role: "limit",
        statement,
        pipe: "| gzip -1",
        staged: plainCsv,
      }),
      await taskReader(setting, {
        ...orders,
        name: staged,
        role: "ours",
        how: "stage",
        staged: parquet,
      }),
      await roomReader(setting, { ...orders, name: whole, role: "ours" }),
    ],
    reach: [{ name: staged, speed: 1.2 }],
    log,
  });
  columnar.targets.push(sizeTarget(columnar, staged, 0.8));
  const baskets = { address, table: "baskets" } as const;
  const json = await compareReaders({
    title: "PostgreSQL, gzip, with a JSON column",
    readers: [
      shellReader(setting, {
        ...baskets,
        name: zipped,
        role: "limit",
        statement: statement.replace("orders", "baskets"),
        pipe: "| gzip -1",
        staged: plainCsv,
      }),
      await taskReader(setting, {
        ...baskets,
        name: staged,
        role: "ours",
        how: "stage",
        staged: { format: "csv", nullText: "~null of the bench~" },
      }),
    ],
    reach: [{ name: staged, speed: 1 }],
    log,
  });
  return [uncompressed, columnar, json];
}

async function benchMysql(setting: Setting, log: Log): Promise<Compared[]> {
  const address = setting.mariadb;
  if (!address) return [];
  const orders = { address, table: "orders" } as const;
  const statement = "select * from orders";
  const file = "mariadb --batch --quick > file";
  const zipped = "mariadb --batch --quick | gzip -1";
  const uncompressed = await compareReaders({
    title: "MySQL, uncompressed",
    readers: [
      shellReader(setting, {
        ...orders,
        name: file,
        role: "limit",
        statement,
        pipe: "",
        staged: null,
      }),
      await taskReader(setting, {
        ...orders,
        name: asItComes,
        role: "ours",
        how: "stream",
        staged: ourCsv,
      }),
      await taskReader(setting, {
        ...orders,
        name: "mysql2 rows, CSV in JavaScript",
        role: "naive",
        how: "rows",
        staged: plainCsv,
      }),
    ],
    reach: [{ name: asItComes, speed: 1.2 }],
    log,
  });
  const columnar = await compareReaders({
    title: "MySQL, Parquet zstd",
    readers: [
      shellReader(setting, {
        ...orders,
        name: zipped,
        role: "limit",
        statement,
        pipe: "| gzip -1",
        staged: null,
      }),
      await taskReader(setting, {
        ...orders,
        name: staged,
        role: "ours",
        how: "stage",
        staged: parquet,
      }),
      await roomReader(setting, { ...orders, name: whole, role: "ours" }),
    ],
    reach: [{ name: staged, speed: 1.1 }],
    log,
  });
  columnar.targets.push(sizeTarget(columnar, staged, 0.8));
  return [uncompressed, columnar];
}
