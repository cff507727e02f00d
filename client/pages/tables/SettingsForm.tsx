import { Show } from "solid-js";
import type { TableForm } from "../../state/create-table-form.ts";
import { BasicFields } from "./BasicFields.tsx";
import { ConditionFields, ReimportConditionFields } from "./ConditionFields.tsx";
import { DeliveryFields } from "./DeliveryFields.tsx";
import { JobFields } from "./JobFields.tsx";
import { SourceFields } from "./SourceFields.tsx";
import { StorageFields } from "./StorageFields.tsx";

/** Every setting of a definition, grouped; those of other kinds of table are left out. */
export function SettingsForm(props: { form: TableForm; disabled: boolean; withBasics: boolean }) {
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <Show when={props.withBasics}>
        <fieldset disabled={props.disabled}>
          <legend>Table</legend>
          <BasicFields form={props.form} />
        </fieldset>
      </Show>
      <Show when={props.form.draft.kind !== "summary"}>
        <fieldset disabled={props.disabled}>
          <legend>{props.form.draft.kind === "import" ? "Source" : "Upload"}</legend>
          <SourceFields form={props.form} />
        </fieldset>
      </Show>
      <fieldset disabled={props.disabled}>
        <legend>In the warehouse</legend>
        <StorageFields form={props.form} />
      </fieldset>
      <fieldset disabled={props.disabled}>
        <legend>Delivery</legend>
        <DeliveryFields form={props.form} />
      </fieldset>
      <fieldset disabled={props.disabled}>
        <legend>Jobs</legend>
        <JobFields form={props.form} />
      </fieldset>
      <fieldset disabled={props.disabled}>
        <legend>Conditions</legend>
        <ConditionFields form={props.form} />
      </fieldset>
      <Show when={props.form.draft.kind === "import"}>
        <fieldset disabled={props.disabled}>
          <legend>Reimport</legend>
          <ReimportConditionFields form={props.form} />
        </fieldset>
      </Show>
    </form>
  );
}
