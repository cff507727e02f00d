import type { DatabaseTest } from "../../../shared/database.ts";
import { CheckList } from "../../components/CheckList.tsx";

/** What a connection test looked at, up to what failed. */
export function TestReport(props: { result: DatabaseTest }) {
  const title = () => (props.result.ok ? props.result.version : "It does not work yet");
  return (
    <div
      class="notice"
      classList={{ ok: props.result.ok, bad: !props.result.ok }}
      role={props.result.ok ? "status" : "alert"}
    >
      <div class="grow">
        <strong>{title()}</strong>
        <CheckList checks={props.result.checks} />
      </div>
    </div>
  );
}
