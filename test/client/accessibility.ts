import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** As far as it is read of axe's answer. */
interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Nothing moves or fades while it is looked at. */
const still = `(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { animation: none !important; transition: none !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})()`;

/**
 * The page as it stands has no serious fault that axe finds: all of its rules in the light, and those
 * of colour in the dark as well.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if (!(await page.evaluate<boolean>("'axe' in window"))) {
      await page.evaluate(axe.source);
      await page.evaluate(still);
    }
    const options = colorScheme === "light" ? {} : { runOnly: ["color-contrast"] };
    const violations = await page.evaluate<Violation[]>(
      `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ["violations"] })})
        .then(({ violations }) => violations)`,
    );
    for (const { id, impact, nodes } of violations) {
      if (impact !== "serious" && impact !== "critical") continue;
      for (const { target, failureSummary } of nodes) {
        found.push(`${colorScheme} ${id} ${target.join(" ")}: ${failureSummary}`.slice(0, 400));
      }
    }
  }
  await page.emulateMedia({ colorScheme: null });
  expect(found, `at ${new URL(page.url()).pathname}`).toEqual([]);
}
