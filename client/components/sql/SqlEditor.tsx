import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  type KeyBinding,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { createEffect, on, onCleanup, onMount } from "solid-js";
import type { TableColumns } from "../../../shared/table.ts";
import { bigQuery } from "./bigquery.ts";
import { completeColumns } from "./complete-columns.ts";
import { type CatalogName, completeFromCatalog } from "./complete-table.ts";
import { editorTheme } from "./editor-theme.ts";

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
  let view: EditorView | undefined;

  onMount(() => {
    view = new EditorView({
      parent,
      state: EditorState.create({
        doc: props.value,
        extensions: [
          lineNumbers(),
          highlightActiveLine(),
          drawSelection(),
          history(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          search({ top: true }),
          highlightSelectionMatches(),
          lintGutter(),
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
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": props.label }),
          EditorState.readOnly.of(props.readOnly === true),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) props.onInput(update.state.doc.toString());
          }),
          editorTheme,
        ],
      }),
    });
  });
  onCleanup(() => view?.destroy());

  createEffect(
    on(
      () => props.value,
      (value) => {
        if (view === undefined || view.state.doc.toString() === value) return;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
      },
      { defer: true },
    ),
  );
  createEffect(() => {
    const fault = props.fault;
    if (view !== undefined) view.dispatch(setDiagnostics(view.state, toDiagnostics(view, fault)));
  });

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
