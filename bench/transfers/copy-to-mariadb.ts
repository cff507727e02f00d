import { rm } from "node:fs/promises";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { clientLine, runShell } from "./clients.ts";

const create = `create table orders (id bigint primary key, customer_id int not null, order_number char(36) not null,
  created_at datetime(6) not null, shipped_at datetime(6), status varchar(20) not null, country char(2) not null,
  amount decimal(12, 2) not null, weight double, is_gift tinyint(1) not null, email text not null, note text)`;

/** As texts that both servers read alike. */
export const portableRows = `select id, customer_id, order_number, created_at at time zone 'UTC', shipped_at, status, country,
  amount, weight, is_gift::integer, email, note from orders order by id`;

/** The same rows, by way of a file: both servers escape its texts alike. */
export async function copyToMariaDb(
  postgres: DatabaseAddress,
  mariadb: DatabaseAddress,
  file: string,
): Promise<void> {
  await runShell(`${clientLine(postgres, `copy (${portableRows}) to stdout`)} > ${file}`, postgres);
  await runShell(clientLine(mariadb, create), mariadb);
  const load = `load data local infile '${file}' into table orders character set utf8mb4`;
  await runShell(clientLine(mariadb, load), mariadb);
  await runShell(clientLine(mariadb, "analyze table orders"), mariadb);
  await rm(file);
}
