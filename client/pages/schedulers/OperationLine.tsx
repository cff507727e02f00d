import { Show } from "solid-js";
import type { OperationView } from "../../../shared/operation.ts";
import { ProgressBar } from "../../components/Feedback.tsx";

/** What an operation is to do and how far it is, with what it waits for. */
export function OperationLine(props: { operation: OperationView }) {
  const isOpen = () => ["pending", "running"].includes(props.operation.state);
  return (
    <>
      <div>{props.operation.summary}</div>
      <Show when={props.operation.progress}>
        {(progress) => (
          <>
            <Show when={isOpen()}>
              <ProgressBar
                label={props.operation.summary}
                done={progress().done}
                total={progress().total}
              />
            </Show>
            <div class="small muted num">
              {progress().done} of {progress().total} rooms
              {isOpen() && progress().note ? `: ${progress().note}` : ""}
            </div>
          </>
        )}
      </Show>
    </>
  );
}
