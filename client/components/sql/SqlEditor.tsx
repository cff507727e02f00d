import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, historyKeymap, indentWithTab } from "@codemirror/commands";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import { type EditorView, type KeyBinding, keymap } from "@codemirror/view";
import type { TableColumns } from "../../../shared/table.ts";
import { bigQuery } from "./bigquery.ts";
import { completeColumns } from "./complete-columns.ts";
import { type CatalogName, completeFromCatalog } from "./complete-table.ts";
import { createCodeEditor } from "./create-code-editor.ts";

export interface SqlFault {
  message: string;
  /** 1-based. */
  line: number;
  column: number;
}

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  fault: SqlFault | null;
  names: CatalogName[];
  /** The columns of a table of the catalog, for completion. */
  columnsOf: (tables: string[]) => Promise<TableColumns[]>;
  /** ⌘-Enter or Ctrl-Enter: what is selected, or all of it. */
  onRun?: ((sql: string) => void) | undefined;
  /** Shift-Alt-F. */
  onFormat?: (() => void) | undefined;
  readOnly?: boolean;
}

/** A BigQuery SQL editor. Tab indents; Escape then Tab leaves it, for keyboard users. */
export function SqlEditor(props: Props) {
  let parent!: HTMLDivElement;
  createCodeEditor(
    props,
    () => parent,
    () => [
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightSelectionMatches(),
      sql({ dialect: bigQuery, upperCaseKeywords: true }),
      bigQuery.language.data.of({ autocomplete: completeFromCatalog(() => props.names) }),
      bigQuery.language.data.of({
        autocomplete: completeColumns(
          () => props.names,
          (tables) => props.columnsOf(tables),
        ),
      }),
      Prec.highest(keymap.of(ownKeys(props))),
      autocompletion({ icons: false, maxRenderedOptions: 60 }),
      keymap.of([
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...completionKeymap,
        indentWithTab,
      ]),
      EditorState.readOnly.of(props.readOnly === true),
    ],
    (view) => toDiagnostics(view, props.fault),
  );
  return <div class="sql-editor" ref={parent} />;
}

/** What is selected runs alone, so that a part of a query can be looked at. */
function ownKeys(props: Props): KeyBinding[] {
  return [
    {
      key: "Mod-Enter",
      run({ state }) {
        const { from, to } = state.selection.main;
        const selected = state.sliceDoc(from, to);
        props.onRun?.(selected.trim() === "" ? state.doc.toString() : selected);
        return props.onRun !== undefined;
      },
    },
    {
      key: "Shift-Alt-f",
      run() {
        props.onFormat?.();
        return props.onFormat !== undefined;
      },
    },
  ];
}

/** Underlines from the fault's position to the end of its word; a place past the end is the end. */
function toDiagnostics(view: EditorView, fault: SqlFault | null) {
  if (fault === null) return [];
  const doc = view.state.doc;
  const line = doc.line(Math.max(1, Math.min(fault.line, doc.lines)));
  const start = Math.max(line.from, Math.min(line.from + fault.column - 1, line.to));
  const word = /^[\w.`-]+/.exec(doc.sliceString(start, line.to));
  const from = word === null && start === line.to ? Math.max(line.from, start - 1) : start;
  const to = word === null ? Math.min(from + 1, doc.length) : start + word[0].length;
  return [{ from, to, severity: "error" as const, message: fault.message }];
}
