import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { type OpenChild, openChild } from "../support/child.ts";
import { treeCpuSeconds } from "../support/process-tree.ts";
import type { Contestant, Measurement } from "../support/rounds.ts";
import { type Staged, verifyStaged } from "./checksums.ts";
import { clientLine, runShell } from "./clients.ts";
import { downloadObjects } from "./download-objects.ts";
import type { Setting } from "./setting.ts";
import type { SourceTable } from "./source-rows.ts";

export interface ReadSetup {
  address: DatabaseAddress;
  directory: string;
  table: SourceTable;
  /** `stream` and `stage` are ours, `rows` and `copy` others' ways. */
  how: "stream" | "stage" | "rows" | "copy";
}

export interface RoomSetup extends Pick<Setting, "surroundings"> {
  name: string;
  address: DatabaseAddress;
  table: SourceTable;
  /** Bytes from which it is divided; 0: it is not. */
  importDividedFrom: number;
}

export interface ReadOutput {
  /** Files, or objects in the bucket. */
  paths: string[];
  /** Null where it does not count. */
  rows: number | null;
  /** Of the process, before its first measurement. */
  idleRssBytes: number;
}

export interface Reader extends Contestant {
  /** To be called after a measurement. Throws where what it left is not the source's rows. */
  verify(): Promise<void>;
  /** Most above idle in any measurement; null where it is no process of ours. */
  aboveIdleBytes(): number | null;
  /** Bytes that it left. */
  paths(): string[];
  close(): Promise<void>;
}

interface Entry {
  name: string;
  role: Contestant["role"];
  address: DatabaseAddress;
  table: SourceTable;
}

/** The CPU of the servers too: what a client saves, a server may pay for. */
export async function withTreeCpu(measure: () => Promise<Measurement>): Promise<Measurement> {
  const before = treeCpuSeconds();
  const measured = await measure();
  return { ...measured, cpuSeconds: treeCpuSeconds() - before };
}

let directories = 0;
const nextDirectory = (setting: Setting) => {
  directories += 1;
  return join(setting.directory, `out-${directories}`);
};

/** The vendor's client with its output in a file, by way of `pipe`, such as `| gzip -1`. */
export function shellReader(
  setting: Setting,
  entry: Entry & { statement: string; pipe: string; staged: Omit<Staged, "paths"> | null },
): Reader {
  const { address, table, statement, pipe, staged } = entry;
  const directory = nextDirectory(setting);
  const path = join(directory, "rows.csv");
  const isZipped = pipe !== "";
  const line = `${clientLine(address, statement)} ${pipe} > ${path}${isZipped ? ".gz" : ""}`;
  const paths = () => [isZipped ? `${path}.gz` : path];
  return {
    ...entry,
    measure: async () => {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      return withTreeCpu(() => runShell(line, address));
    },
    verify: async () => {
      if (staged)
        await verifyStaged(table, { ...staged, paths: paths() }, setting.checksums[table]);
    },
    aboveIdleBytes: () => null,
    paths,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A way of reading as a task in a process of its own, which is kept, as a room is. */
export async function taskReader(
  setting: Setting,
  entry: Entry & { how: ReadSetup["how"]; staged: Omit<Staged, "paths"> },
): Promise<Reader> {
  const { address, table, how, staged } = entry;
  const directory = nextDirectory(setting);
  const isOurs = how === "stream" || how === "stage";
  const task = new URL(isOurs ? "./read.task.ts" : "./naive.task.ts", import.meta.url);
  const setup: ReadSetup = { address, directory, table, how };
  const child = await openChild<undefined, ReadOutput>(task, setup);
  const reader = childReader(entry, child);
  return {
    ...reader,
    verify: () =>
      verifyStaged(table, { ...staged, paths: reader.paths() }, setting.checksums[table]),
    close: async () => {
      await child.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A whole import, as a room does it. */
export async function roomReader(
  setting: Setting,
  entry: Entry & { importDividedFrom?: number },
): Promise<Reader> {
  const { surroundings } = setting;
  const { address, table, importDividedFrom = 0 } = entry;
  directories += 1;
  const name = `import_${directories}`;
  const setup: RoomSetup = { surroundings, name, address, table, importDividedFrom };
  const task = new URL("./room.task.ts", import.meta.url);
  const child = await openChild<undefined, ReadOutput>(task, setup);
  const reader = childReader(entry, child);
  return {
    ...reader,
    verify: async () => {
      const directory = nextDirectory(setting);
      const paths = await downloadObjects(surroundings.cloudUrl, reader.paths(), directory);
      await verifyStaged(table, { paths, format: "parquet" }, setting.checksums[table]);
      await rm(directory, { recursive: true, force: true });
    },
    close: () => child.close(),
  };
}

export function childReader(
  entry: Pick<Entry, "name" | "role">,
  child: OpenChild<undefined, ReadOutput>,
) {
  let paths: string[] = [];
  let aboveIdle = 0;
  return {
    name: entry.name,
    role: entry.role,
    measure: () =>
      withTreeCpu(async () => {
        const { output, seconds, peakRssBytes, cpuSeconds } = await child.measure(undefined);
        paths = output.paths;
        aboveIdle = Math.max(aboveIdle, peakRssBytes - output.idleRssBytes);
        return { seconds, peakRssBytes, cpuSeconds };
      }),
    aboveIdleBytes: () => aboveIdle,
    paths: () => paths,
  };
}
