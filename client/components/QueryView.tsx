import { type Accessor, type JSX, Match, Show, Switch } from "solid-js";
import type { ApiQuery } from "../state/create-api-query.ts";
import { ErrorNotice, Loading } from "./Feedback.tsx";

interface Props<T> {
  query: ApiQuery<T>;
  /** What is loading, for screen readers: "the table". */
  what: string;
  lines?: number;
  children: (data: Accessor<NonNullable<T>>) => JSX.Element;
  /** Shown for an answer of null. */
  empty?: JSX.Element;
}

/**
 * The three states of a query. Data that is there stays on screen when a refetch fails, with the
 * failure above it: old, and saying so.
 */
export function QueryView<T>(props: Props<T>) {
  return (
    <Switch fallback={<Loading what={props.what} lines={props.lines ?? 5} />}>
      <Match when={props.query.data() ?? undefined}>
        {(data) => (
          <>
            <Show when={props.query.error()}>
              {(error) => <ErrorNotice error={error()} retry={props.query.refetch} />}
            </Show>
            {props.children(data as Accessor<NonNullable<T>>)}
          </>
        )}
      </Match>
      <Match when={props.query.error()}>
        {(error) => <ErrorNotice error={error()} retry={props.query.refetch} />}
      </Match>
      <Match when={props.query.data() === null}>{props.empty}</Match>
    </Switch>
  );
}
