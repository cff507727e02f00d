import { A } from "@solidjs/router";
import { Empty } from "../components/Feedback.tsx";
import { Page } from "../components/Page.tsx";

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty title="There is no page at this address">
        <p>
          <A href="/tables">All tables</A> or <A href="/">home</A>.
        </p>
      </Empty>
    </Page>
  );
}
