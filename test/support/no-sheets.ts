import type { Sheets } from "../../server/connectors/sheets.ts";

const unasked = () => Promise.reject(new Error("this test has no Google Sheets"));

/** For tests that write to no spreadsheet. */
export const noSheets: Sheets = {
  urlOf: (id) => `http://sheets/${id}`,
  isThere: unasked,
  find: unasked,
  create: unasked,
  remove: unasked,
  listSheets: unasked,
  beginSheet: unasked,
  writeRows: unasked,
  isEmpty: unasked,
  publishSheet: unasked,
  removeSheets: unasked,
  listAccess: unasked,
  grantReading: unasked,
  revoke: unasked,
};
