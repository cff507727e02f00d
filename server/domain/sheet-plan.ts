/*
 * Which sheets of a spreadsheet an export adds and deletes.
 *
 * Each export has a mark, `<transfer>.<fence>`. Its sheet is a half one, hidden, until it is published.
 * Half sheets are deleted by the next export, whoever left them: one transfer of a table is done at a
 * time. Of whole ones, seven are kept. A transfer that is done again, because its room died before it
 * could say that it was done, replaces its own sheet. Sheets without a mark are people's and stay.
 */

export interface PresentSheet {
  sheetId: number;
  title: string;
  cells: number;
  mark: string | null;
  isWhole: boolean;
}

export interface SheetPlan {
  sheetId: number;
  title: string;
  /** Deleted when the sheet is added. */
  dropFirst: number[];
  /** Deleted when it is shown. */
  dropLast: number[];
}

export type SheetPlanAnswer =
  | ({ ok: true } & SheetPlan)
  /** Somebody else's claim is newer. */
  | { ok: false; why: "lost" }
  /** So many cells are taken by what may not be deleted. */
  | { ok: false; why: "full"; takenCells: number };

const keptSheets = 7;
/** Google's, of all sheets of a spreadsheet together. */
export const maxSpreadsheetCells = 10_000_000;

export interface SheetMark {
  transferId: number;
  fence: number;
}

export function markText({ transferId, fence }: SheetMark): string {
  return `${transferId}.${fence}`;
}

export function planSheet(
  present: readonly PresentSheet[],
  draft: { mark: SheetMark; cells: number; at: Date },
): SheetPlanAnswer {
  const { mark, cells, at } = draft;
  const ours = present.flatMap((sheet) => {
    const [transferId, fence] = (sheet.mark ?? "").split(".").map(Number);
    return transferId && fence !== undefined ? [{ ...sheet, transferId, fence }] : [];
  });
  if (ours.some((each) => each.transferId === mark.transferId && each.fence > mark.fence)) {
    return { ok: false, why: "lost" };
  }
  const whole = ours.filter((each) => each.isWhole);
  const before = whole
    .filter((each) => each.transferId !== mark.transferId)
    .sort((a, b) => b.transferId - a.transferId);
  const doomed = before.slice(keptSheets - 1).map(({ sheetId }) => sheetId);
  const halves = ours.filter((each) => !each.isWhole).map(({ sheetId }) => sheetId);
  // What the transfer has published itself is shown until its other one is whole.
  const again = whole.filter((each) => each.transferId === mark.transferId);
  const dropFirst = new Set(halves);
  const shown = new Set([...again, ...before].slice(0, 1).map(({ sheetId }) => sheetId));
  const taken = () =>
    present
      .filter((each) => !dropFirst.has(each.sheetId))
      .reduce((sum, each) => sum + each.cells, 0);
  // The oldest give way first, and never the one that readers look at.
  for (const { sheetId } of before.toReversed()) {
    if (taken() + cells <= maxSpreadsheetCells) break;
    if (!shown.has(sheetId)) dropFirst.add(sheetId);
  }
  if (taken() + cells > maxSpreadsheetCells) {
    return { ok: false, why: "full", takenCells: taken() };
  }
  const dropLast = [...doomed, ...again.map(({ sheetId }) => sheetId)];
  return {
    ok: true,
    sheetId: freeId(present, mark),
    title: freeTitle(present, at),
    dropFirst: [...dropFirst],
    dropLast: dropLast.filter((sheetId) => !dropFirst.has(sheetId)),
  };
}

/** `2026-01-31 09:30:00`, in UTC; a number behind it where a sheet is called that already. */
function freeTitle(present: readonly PresentSheet[], at: Date): string {
  const title = at.toISOString().slice(0, 19).replace("T", " ");
  const taken = new Set(present.map((sheet) => sheet.title));
  let number = 1;
  const numbered = () => (number === 1 ? title : `${title} (${number})`);
  while (taken.has(numbered())) number += 1;
  return numbered();
}

const ids = 2 ** 31 - 1;

/** Ours to choose, so that a repeated call cannot add a second sheet. */
function freeId(present: readonly PresentSheet[], { transferId, fence }: SheetMark): number {
  const taken = new Set(present.map((sheet) => sheet.sheetId));
  let id = ((transferId * 1009 + fence) % ids) + 1;
  while (taken.has(id)) id = (id % ids) + 1;
  return id;
}
