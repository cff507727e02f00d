/*
 * The rows that transfers are measured on: orders of a shop, twelve columns, about 368 bytes of CSV a
 * row, made by PostgreSQL from a seed and the row's number alone. Notes are put together from phrases
 * with the commas, quotes, line ends and letters that people write, one in nine is NULL, some are ''.
 */

export const sourceTables = ["orders", "baskets"] as const;
export type SourceTable = (typeof sourceTables)[number];

const seed = "maestro";

const words =
  `order parcel customer asked again before delivery please leave behind garden shed neighbour
  ring twice gift wrapped invoice separate address changed yesterday refund partly agreed phone evening
  fragile glass replacement missing item warehouse confirmed courier late snow weekend birthday card
  enclosed voucher applied discount member since spring colour blue instead green size exchanged`
    .split(/\s+/)
    .map((word) => `'${word}'`)
    .join(", ");

/** A number from 0 to 2³² − 1, by row and purpose. */
const random = (purpose: string, row = "i") =>
  `('x' || left(md5('${seed}${purpose}' || ${row}), 8))::bit(32)::bigint`;

const phrases = `create temporary table phrases as
  select p, string_agg((array[${words}])[1 + ${random("word", "(p * 100 + w)")} % 50], ' ' order by w)
    || (array['', '', '', ',', '.', '!', ' "thanks"', E'\\n', ' – Grüße', ' 注意', ' 😀', ' 50% \\\\'])[1 + p % 12] as phrase
  from generate_series(0, 1023) p, generate_series(1, 6) w group by p;
create unique index on phrases (p);
analyze phrases`;

const columns = `id bigint primary key, customer_id integer not null, order_number uuid not null,
  created_at timestamptz not null, shipped_at timestamp, status varchar(20) not null,
  country char(2) not null, amount numeric(12, 2) not null, weight double precision,
  is_gift boolean not null, email text not null`;

const values = `i, (${random("customer")} % 400000)::integer, md5('${seed}' || i)::uuid,
  timestamptz '2021-01-01 00:00:00+00' + i * interval '11.700413 s',
  case when i % 5 > 0 then timestamp '2021-01-03 00:00:00' + i * interval '11.9 s' end,
  (array['new', 'paid', 'packed', 'shipped', 'delivered', 'returned'])[1 + ${random("status")} % 6],
  (array['DE', 'FR', 'US', 'JP', 'BR', 'PL', 'GB', 'IT'])[1 + ${random("country")} % 8],
  (${random("amount")} % 1000000) / 100.0, case when i % 20 > 0 then (${random("weight")} % 80000) / 64.0 end,
  i % 13 = 0, 'customer.' || (${random("customer")} % 400000) || '@mail' || i % 40 || '.example.com'`;

const note = `case when i % 9 = 0 then null when i % 50 = 1 then '' else
  a.phrase || ' ' || b.phrase || '; ' || c.phrase || ' ' || d.phrase end`;

const joins = ["a", "b", "c", "d"]
  .map((name) => `join phrases ${name} on ${name}.p = ${random(`note ${name}`)} % 1024`)
  .join(" ");

/** `orders`, and `baskets` with its last column as jsonb, which goes another way than Parquet. */
export function fillStatements(rows: number): string[] {
  const insert = (table: string, last: string) =>
    `insert into ${table} select ${values}, ${last} from generate_series(1, ${rows}) i ${joins} order by i`;
  const basket = `jsonb_build_object('note', ${note}, 'lines', jsonb_build_array(i % 7, i % 11))`;
  return [
    phrases,
    "set max_parallel_workers_per_gather = 0",
    "set work_mem = '256MB'",
    `create unlogged table orders (${columns}, note text)`,
    insert("orders", note),
    `create unlogged table baskets (${columns}, basket jsonb)`,
    insert("baskets", basket),
    "vacuum (analyze) orders",
    "vacuum (analyze) baskets",
  ];
}
