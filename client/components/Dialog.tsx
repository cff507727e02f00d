import { Dialog as Kobalte } from "@kobalte/core/dialog";
import type { JSX } from "solid-js";

interface Props {
  title: string;
  open: boolean;
  onClose: () => void;
  wide?: boolean;
  children: JSX.Element;
}

/** A modal: focus stays in it and returns where it was; Escape closes. */
export function Dialog(props: Props) {
  return (
    <Kobalte open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="dialog-overlay" />
        <div class="dialog-place">
          <Kobalte.Content class="dialog" classList={{ wide: props.wide === true }}>
            <Kobalte.Title as="h2">{props.title}</Kobalte.Title>
            {props.children}
          </Kobalte.Content>
        </div>
      </Kobalte.Portal>
    </Kobalte>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  open: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog(props: ConfirmProps) {
  return (
    <Dialog title={props.title} open={props.open} onClose={props.onClose}>
      <p>{props.text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => props.onClose()}>
          Keep
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            props.onClose();
            props.onConfirm();
          }}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
