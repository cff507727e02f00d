import type { FastifyInstance } from "fastify";
import type { Cell, SheetDocument, SpreadsheetDocument } from "./spreadsheet-document.ts";
import type { SpreadsheetFiles } from "./spreadsheet-files.ts";

const rowsAPage = 200;

interface Query {
  sheet?: string;
  row?: string;
}

/** A spreadsheet as a page to look at: `/spreadsheets/d/<id>/edit`, where Google has its own. */
export function spreadsheetPages(app: FastifyInstance, files: SpreadsheetFiles): void {
  for (const path of ["/spreadsheets/d/:id", "/spreadsheets/d/:id/edit"]) {
    app.get<{ Params: { id: string }; Querystring: Query }>(path, async (request, reply) => {
      const document = files.find(request.params.id);
      void reply
        .type("text/html; charset=utf-8")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
      if (!document || document.trashed) {
        return reply.code(404).send(page("Not found", "<p>This spreadsheet was deleted.</p>"));
      }
      return reply.send(await showSpreadsheet(files, document, request.query));
    });
  }
}

async function showSpreadsheet(
  files: SpreadsheetFiles,
  document: SpreadsheetDocument,
  query: Query,
): Promise<string> {
  const visible = document.sheets.filter((sheet) => !sheet.hidden);
  const sheet = visible.find((each) => String(each.sheetId) === query.sheet) ?? visible[0];
  if (!sheet) return page(document.title, "");
  const first = Math.max(sheet.frozenRowCount, Math.floor(Number(query.row) || 0));
  const rows = async (startRow: number, endRow: number) =>
    files.values(document.id, sheet, {
      startRow: Math.min(startRow, sheet.rowCount),
      endRow: Math.min(endRow, sheet.rowCount),
      startColumn: 0,
      endColumn: sheet.columnCount,
    });
  const header = await rows(0, sheet.frozenRowCount);
  const body = await rows(first, first + rowsAPage);
  const tabs = visible.map((each) =>
    each === sheet
      ? `<b>${escapeHtml(each.title)}</b>`
      : `<a href="?sheet=${each.sheetId}">${escapeHtml(each.title)}</a>`,
  );
  const table = `<table><thead>${header.map((row) => tr(row, "th", [])).join("")}</thead>
<tbody>${body.map((row) => tr(row, "td", patternsOf(sheet))).join("\n")}</tbody></table>`;
  return page(
    document.title,
    `<h1>${escapeHtml(document.title)}</h1><nav>${tabs.join(" ")}</nav>${table}${pager(sheet, first)}`,
  );
}

function pager(sheet: SheetDocument, first: number): string {
  const link = (row: number, text: string) =>
    `<a href="?sheet=${sheet.sheetId}&amp;row=${row}">${text}</a>`;
  const last = Math.min(first + rowsAPage, sheet.rowCount);
  const before = Math.max(sheet.frozenRowCount, first - rowsAPage);
  return `<p>${first > sheet.frozenRowCount ? link(before, "Earlier rows") : ""}
Rows ${first + 1} to ${last} of ${sheet.rowCount}
${last < sheet.rowCount ? link(last, "Later rows") : ""}</p>`;
}

function tr(cells: Cell[], tag: "th" | "td", patterns: (string | undefined)[]): string {
  const shown = cells.map((cell, index) => {
    const isNumber = typeof cell === "number" && patterns[index] === undefined;
    return `<${tag}${isNumber ? ' class="n"' : ""}>${escapeHtml(textOf(cell, patterns[index]))}</${tag}>`;
  });
  return `<tr>${shown.join("")}</tr>`;
}

function patternsOf(sheet: SheetDocument): (string | undefined)[] {
  const patterns: (string | undefined)[] = [];
  for (const { range, format } of sheet.formats) {
    for (let column = range.startColumn; column < range.endColumn; column += 1) {
      if (format.numberFormat) patterns[column] = format.numberFormat.pattern;
    }
  }
  return patterns;
}

const epochSerial = 25_569;

function textOf(cell: Cell, pattern: string | undefined): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return cell ? "TRUE" : "FALSE";
  if (typeof cell === "string" || pattern === undefined) return String(cell);
  const date = new Date(Math.round((cell - epochSerial) * 86_400_000));
  if (Number.isNaN(date.getTime())) return String(cell);
  const text = date.toISOString().replace("T", " ").slice(0, -1);
  return text.slice(0, pattern.length);
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width"><style>
:root { color-scheme: light dark; font: 14px system-ui, sans-serif }
nav { display: flex; flex-wrap: wrap; gap: 1rem; margin-block: 1rem }
table { border-collapse: collapse } th, td { border: 1px solid #8885; padding: 2px 8px; white-space: pre-wrap }
thead { position: sticky; top: 0; background: Canvas } .n { text-align: end }
</style><body>${body}</body></html>`;
}
