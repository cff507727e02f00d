import { afterAll, beforeAll, inject } from "vitest";
import { type DatabaseKind, databaseKinds } from "../../../shared/database.ts";
import type { ExportMode } from "../../../shared/table.ts";
import { type DividedCase, openDividedCase } from "./divided-case.ts";
import { type ExportCase, openExportCase } from "./export-case.ts";
import { type ImportCase, openImportCase } from "./import-case.ts";
import { openSheetCase, type SheetCase } from "./sheet-case.ts";
import type { Site } from "./sites.ts";
import { openSurroundings, type Surroundings } from "./surroundings.ts";

export const timeoutMs = 120_000;

/**
 * Each site once, and in the soak as often as that is to be: in the middle of what is read, written or
 * uploaded, somewhere else each time.
 */
export function inRounds<Struck extends { at: string; site: Site }>(all: Struck[]): Struck[] {
  const rounds = Array.from({ length: inject("transferRounds") }, (_, round) => round);
  return rounds.flatMap((round) =>
    all.map((each) => {
      const { site } = each;
      if (round === 0 || !("bytes" in site) || !site.bytes) return each;
      const bytes = Math.ceil(Math.random() * 2 * site.bytes);
      return { ...each, at: `${each.at} (${bytes} bytes)`, site: { ...site, bytes } };
    }),
  );
}

/** Each site with one kind of database or the other in turn; in the soak with both. */
export function inTurn<Struck extends { kind: DatabaseKind }>(all: Struck[]): Struck[] {
  if (inject("transferRounds") > 1) return all;
  const [first] = databaseKinds;
  const ofFirst = all.filter(({ kind }) => kind === first);
  const others = all.filter(({ kind }) => kind !== first);
  return [...ofFirst.filter((_, at) => at % 2 === 0), ...others.filter((_, at) => at % 2 === 1)];
}

/** The first of them, the third and so on; in the soak all. */
export function everyOther<Struck>(all: Struck[]): Struck[] {
  return inject("transferRounds") > 1 ? all : all.filter((_, at) => at % 2 === 0);
}

/** Cases over surroundings of the test file's own. What the processes logged is shown where one fails. */
export function createCases() {
  let surroundings: Surroundings | undefined;
  beforeAll(async () => {
    surroundings = await openSurroundings();
  });
  afterAll(() => surroundings?.close());
  const here = () => {
    if (!surroundings) throw new Error("they are open while tests run");
    return surroundings;
  };
  return {
    withImport: async (kind: DatabaseKind, body: (each: ImportCase) => Promise<void>) =>
      withCase(await openImportCase(here(), kind), body),
    withDivided: async (body: (each: DividedCase) => Promise<void>) =>
      withCase(await openDividedCase(here()), body),
    withSheet: async (body: (each: SheetCase) => Promise<void>) =>
      withCase(await openSheetCase(here()), body),
    withExport: async (
      kind: DatabaseKind,
      mode: ExportMode,
      body: (each: ExportCase) => Promise<void>,
    ) => withCase(await openExportCase(here(), kind, mode), body),
  };
}

async function withCase<Case extends { output(): string; close(): Promise<void> }>(
  opened: Case,
  body: (each: Case) => Promise<void>,
): Promise<void> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => overdue.reject(new Error("the case stands still")),
    timeoutMs - 20_000,
  );
  try {
    await Promise.race([body(opened), overdue.promise]);
  } catch (error) {
    console.error(opened.output());
    throw error;
  } finally {
    clearTimeout(timer);
    await opened.close();
  }
}
