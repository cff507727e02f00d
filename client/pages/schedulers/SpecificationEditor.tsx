import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { indentUnit, StreamLanguage } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { createEffect, on, onCleanup, onMount } from "solid-js";
import type { SpecificationFault } from "../../../shared/scheduler-text.ts";
import { editorTheme } from "../../components/sql/editor-theme.ts";

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  faults: SpecificationFault[];
}

/** Enough of YAML and JSON for colours. */
const language = StreamLanguage.define<null>({
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"(?=\s*:)/)) return "typeName";
    if (stream.match(/^(?:"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)/)) return "string";
    if (stream.match(/^[\w.-]+(?=\s*:(?:\s|$))/)) return "typeName";
    if (stream.match(/^-?\d+(?:\.\d+)?(?=[\s,\]}]|$)/)) return "number";
    if (stream.match(/^(?:true|false|null)(?=[\s,\]}]|$)/)) return "bool";
    if (!stream.match(/^[\w./:@+-]+/)) stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
});

/** YAML or JSON, with what is wrong underlined at its place. Escape then Tab leaves it, for keyboard users. */
export function SpecificationEditor(props: Props) {
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
          search({ top: true }),
          lintGutter(),
          language,
          indentUnit.of("  "),
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
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
    const faults = props.faults;
    if (view !== undefined) view.dispatch(setDiagnostics(view.state, toDiagnostics(view, faults)));
  });
  return <div class="specification-editor" ref={parent} />;
}

/** From each fault's position to the end of its word. */
function toDiagnostics({ state: { doc } }: EditorView, faults: SpecificationFault[]) {
  return faults.flatMap(({ field, text, position }) => {
    if (position === null) return [];
    const line = doc.line(Math.max(1, Math.min(position.line, doc.lines)));
    const from = Math.max(line.from, Math.min(line.from + position.column - 1, line.to));
    const word = /^[\w.-]+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
    const message = field === "" ? text : `${field}: ${text}`;
    return [{ from, to: Math.min(from + word, doc.length), severity: "error" as const, message }];
  });
}
