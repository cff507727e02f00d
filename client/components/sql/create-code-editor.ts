import { history } from "@codemirror/commands";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { search } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, lineNumbers } from "@codemirror/view";
import { createEffect, on, onCleanup, onMount } from "solid-js";
import { editorTheme } from "./editor-theme.ts";

interface Options {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

/**
 * An editor in the element that is there once it is mounted: it follows `props.value`, tells what is
 * typed, and underlines what `diagnose` finds, which is asked again as what it reads changes.
 */
export function createCodeEditor(
  props: Options,
  parent: () => HTMLElement,
  extensions: () => Extension,
  diagnose: (view: EditorView) => Diagnostic[],
): void {
  let view: EditorView | undefined;

  onMount(() => {
    view = new EditorView({
      parent: parent(),
      state: EditorState.create({
        doc: props.value,
        extensions: [
          lineNumbers(),
          highlightActiveLine(),
          drawSelection(),
          history(),
          search({ top: true }),
          lintGutter(),
          extensions(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": props.label }),
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
    if (view !== undefined) view.dispatch(setDiagnostics(view.state, diagnose(view)));
  });
}
