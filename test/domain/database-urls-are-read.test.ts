import { expect, test } from "vitest";
import { parseDatabaseUrl } from "../../shared/database-url.ts";

test("a PostgreSQL URL gives every field, percent-decoded", () => {
  expect(
    parseDatabaseUrl(
      "postgresql://re%40der:p%2Fa%3Ass%25@db.example:6432/the%20shop?sslmode=verify-full&application_name=x",
    ),
  ).toEqual({
    kind: "postgres",
    host: "db.example",
    port: 6432,
    database: "the shop",
    username: "re@der",
    password: "p/a:ss%",
    tlsMode: "verify-full",
  });
});

test.each([
  ["postgres://u:p@h/d", { kind: "postgres", port: 5432 }],
  ["mysql://u:p@h/d", { kind: "mysql", port: 3306 }],
  ["mariadb://u@h:3307/d", { kind: "mysql", port: 3307 }],
  ["jdbc:postgresql://h/d?ssl=true", { kind: "postgres", tlsMode: "require" }],
  ["mysql://u:p@h/d?ssl-mode=VERIFY_IDENTITY", { tlsMode: "verify-full" }],
  ["mysql://u:p@h/d?ssl-mode=DISABLED", { tlsMode: "disable" }],
  ["postgres://u:p@h/d?sslmode=allow", { tlsMode: "prefer" }],
  ["postgres://u:p@[2001:db8::1]:5433/d", { host: "2001:db8::1", port: 5433 }],
  ["postgres://u:p@ss@h/d", { host: "h", password: "p@ss" }],
  ["  postgres://u:@h/d  ", { username: "u", password: "" }],
])("%s is read", (url, fields) => {
  expect(parseDatabaseUrl(url)).toMatchObject(fields);
});

test("what a URL does not name stays away from the fields", () => {
  expect(parseDatabaseUrl("postgres://h/d")).toEqual({
    kind: "postgres",
    host: "h",
    port: 5432,
    database: "d",
  });
});

test.each([
  ["db.example:5432/d", /it is no URL: write it as postgresql:/],
  ["sqlserver://u:p@h/d", /the scheme sqlserver:\/\/ is none of postgres, postgresql, mysql/],
  ["postgres://u:secret@h:port/d", /the port port is no number from 1 to 65535/],
  ["postgres://u:secret@h:99999/d", /the port 99999 is no number/],
  ["postgres://u:secret@/d", /it names no host/],
  ["postgres://u:secret@h", /it names no database: add \/name/],
  ["postgres://u:secret@h/", /it names no database/],
  ["postgres://u:secret@h/d/e", /the database's name has a "\/"/],
  ["postgres://u:secret@h1,h2/d", /several hosts: name one/],
  ["postgres://u:sec%ret@h/d", /the password has a "%" that begins no character: write "%" as %25/],
  ["postgres://u:sec#ret@h/d", /write one that belongs to the password as %23/],
  ["postgres://u:secret/h/d", /is an "@" missing between the password and the host/],
  ["postgres://u:secret@h/d?sslmode=strict", /sslmode=strict is no TLS mode: disable, prefer/],
  ["postgres://u:secret@h/d?sslmode=verify-full&ssl=true", /it names two TLS modes: leave one/],
  [
    "postgres://u:secret@h/d?sslrootcert=/etc/ca.pem",
    /sslrootcert names a file: leave it out, and/,
  ],
  ["postgres://u:secret@h/d?options=-c%20x", /the option options is not known/],
])("%s is refused, naming the part and no password", (url, message) => {
  expect(() => parseDatabaseUrl(url)).toThrow(message);
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    expect(String(error)).not.toMatch(/secret/);
    expect(error).toMatchObject({ code: "invalidInput", field: "url" });
  }
});
