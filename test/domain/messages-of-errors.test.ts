import { connect } from "node:net";
import { DrizzleQueryError } from "drizzle-orm";
import { expect, test } from "vitest";
import { messageOf } from "../../shared/errors.ts";

test("an error of a statement says what PostgreSQL said, without the statement and its values", () => {
  const error = new DrizzleQueryError("select $1", ["a value"], new Error("read ECONNRESET"));
  expect(messageOf(error)).toBe("read ECONNRESET");
});

test("an error without a message says its code", async () => {
  // Nothing listens on port 1, at none of the host's addresses.
  const refused = await new Promise((resolve) => {
    connect({ port: 1, host: "localhost", autoSelectFamily: true }).once("error", resolve);
  });
  expect(messageOf(refused)).toContain("ECONNREFUSED");
  expect(messageOf(new AggregateError([]))).toBe("AggregateError");
});

test("any thrown value has a message", () => {
  expect(messageOf(new Error("too late"))).toBe("too late");
  expect(messageOf("a text")).toBe("a text");
});
