import type { JSX } from "solid-js";

/** The fields of a dialog, with Cancel and what it is for below them; Enter in a field sends it too. */
export function DialogForm(props: {
  /** The word of the button that sends it. */
  action: string;
  isBlocked: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: JSX.Element;
}) {
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.isBlocked) props.onSubmit();
      }}
    >
      {props.children}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => props.onClose()}>
          Cancel
        </button>
        <button type="submit" class="button primary" disabled={props.isBlocked}>
          {props.action}
        </button>
      </div>
    </form>
  );
}
