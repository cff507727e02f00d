import { sql } from "@codemirror/lang-sql";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { createEffect, on, onCleanup } from "solid-js";
import { bigQuery } from "./bigquery.ts";
import { editorTheme } from "./editor-theme.ts";

const narrowPx = 640;
const collapse = { margin: 3, minSize: 6 };

/** Two versions of a SQL text side by side, one under the other where there is no room. */
export function SqlDiff(props: { before: string; after: string; labels: [string, string] }) {
  let parent!: HTMLDivElement;
  let view: { destroy(): void } | undefined;

  function draw(): void {
    view?.destroy();
    view = parent.clientWidth < narrowPx ? unified(parent, props) : sideBySide(parent, props);
  }
  createEffect(on(() => [props.before, props.after], draw));
  onCleanup(() => view?.destroy());
  return <div class="sql-diff" ref={parent} />;
}

interface Texts {
  before: string;
  after: string;
  labels: [string, string];
}

function readOnly(label: string) {
  return [
    lineNumbers(),
    sql({ dialect: bigQuery }),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": label }),
    editorTheme,
  ];
}

function sideBySide(parent: HTMLElement, { before, after, labels }: Texts): MergeView {
  return new MergeView({
    parent,
    a: { doc: before, extensions: readOnly(labels[0]) },
    b: { doc: after, extensions: readOnly(labels[1]) },
    collapseUnchanged: collapse,
    // Where all is new, nothing in it stands out.
    highlightChanges: before !== "",
  });
}

function unified(parent: HTMLElement, { before, after, labels }: Texts): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: after,
      extensions: [
        readOnly(labels[1]),
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: collapse }),
      ],
    }),
  });
}
