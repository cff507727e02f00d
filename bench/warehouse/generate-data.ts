import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";

/*
 * The tables of TPC-H (tpc.org/tpch, clause 1.4) with its sizes, keys and ranges of values, made of
 * hashes: equal on every machine, without the benchmark's own program. Texts are of words of our own.
 */

export const tables = [
  "region",
  "nation",
  "supplier",
  "customer",
  "part",
  "partsupp",
  "orders",
  "lineitem",
] as const;

export type TableName = (typeof tables)[number];

const regions = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];
const nations: [name: string, region: number][] = [
  ["ALGERIA", 0],
  ["ARGENTINA", 1],
  ["BRAZIL", 1],
  ["CANADA", 1],
  ["EGYPT", 4],
  ["ETHIOPIA", 0],
  ["FRANCE", 3],
  ["GERMANY", 3],
  ["INDIA", 2],
  ["INDONESIA", 2],
  ["IRAN", 4],
  ["IRAQ", 4],
  ["JAPAN", 2],
  ["JORDAN", 4],
  ["KENYA", 0],
  ["MOROCCO", 0],
  ["MOZAMBIQUE", 0],
  ["PERU", 1],
  ["CHINA", 2],
  ["ROMANIA", 3],
  ["SAUDI ARABIA", 4],
  ["VIETNAM", 2],
  ["RUSSIA", 3],
  ["UNITED KINGDOM", 3],
  ["UNITED STATES", 1],
];
const colours =
  "almond antique aquamarine azure beige bisque black blue blush brown chocolate coral cream cyan dark dim forest frosted ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale peach pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow";
const comments =
  "quick slow deposits accounts requests packages special pending regular final bold furious silent even ironic careful theodolites pinto beans foxes ideas platelets instructions excuses Customer Complaints Recommends waters sleep haggle nag";

/** A number from 0 to `below - 1` that depends on the row and on what it is for. */
function pick(row: string, purpose: string, below: number | string): string {
  return `(hash(${row}, '${purpose}') % ${below})::BIGINT`;
}

function oneOf(row: string, purpose: string, words: string[]): string {
  const list = words.map((word) => `'${word}'`).join(", ");
  return `[${list}][1 + ${pick(row, purpose, words.length)}]`;
}

function sentence(row: string, purpose: string, words: string, count: number): string {
  const list = words.split(" ");
  return Array.from({ length: count }, (_, i) => oneOf(row, `${purpose}${i}`, list)).join(
    " || ' ' || ",
  );
}

function money(row: string, purpose: string, from: number, cents: number): string {
  return `((${from * 100} + ${pick(row, purpose, cents)}) / 100)::DECIMAL(15,2)`;
}

function phone(nation: string, row: string): string {
  return `(10 + ${nation}) || '-' || (100 + ${pick(row, "p1", 900)}) || '-' || (100 + ${pick(row, "p2", 900)}) || '-' || (1000 + ${pick(row, "p3", 9000)})`;
}

/** Four suppliers a part, spread as clause 4.2.3 says. */
const supplierOf = (part: string, place: string, suppliers: number) =>
  `((${part} + ${place} * (${suppliers} // 4 + (${part} - 1) // ${suppliers})) % ${suppliers}) + 1`;

function selects(scale: number): Record<TableName, string> {
  const size = (rows: number) => Math.round(rows * scale);
  const suppliers = size(10_000);
  const customers = size(150_000);
  const parts = size(200_000);
  const orders = size(1_500_000);
  const kinds = {
    type: ["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
    finish: ["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"],
    metal: ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"],
  };
  const type = `${oneOf("k", "t1", kinds.type)} || ' ' || ${oneOf("k", "t2", kinds.finish)} || ' ' || ${oneOf("k", "t3", kinds.metal)}`;
  const container = `${oneOf("k", "c1", ["SM", "LG", "MED", "JUMBO", "WRAP"])} || ' ' || ${oneOf("k", "c2", ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"])}`;
  const retail = "((90000 + ((k // 10) % 20001) + 100 * (k % 1000)) / 100)::DECIMAL(15,2)";
  return {
    region: `SELECT i::BIGINT AS r_regionkey, name AS r_name, 'a part of the world' AS r_comment FROM (SELECT unnest([${regions.map((r) => `'${r}'`).join(", ")}]) AS name, unnest(range(5)) AS i)`,
    nation: `SELECT i::BIGINT AS n_nationkey, name AS n_name, region::BIGINT AS n_regionkey, 'a country' AS n_comment FROM (VALUES ${nations.map(([name, region], i) => `(${i}, '${name}', ${region})`).join(", ")}) AS t(i, name, region)`,
    supplier: `SELECT k AS s_suppkey, printf('Supplier#%09d', k) AS s_name, 'street ' || ${pick("k", "sa", 99_999)} AS s_address, n AS s_nationkey, ${phone("n", "k")} AS s_phone, ${money("k", "sb", -999, 1_099_998)} AS s_acctbal, ${sentence("k", "sc", comments, 8)} AS s_comment FROM (SELECT i::BIGINT AS k, ${pick("i", "sn", 25)} AS n FROM range(1, ${suppliers + 1}) AS t(i))`,
    customer: `SELECT k AS c_custkey, printf('Customer#%09d', k) AS c_name, 'road ' || ${pick("k", "ca", 99_999)} AS c_address, n AS c_nationkey, ${phone("n", "k + 7")} AS c_phone, ${money("k", "cb", -999, 1_099_998)} AS c_acctbal, ${oneOf("k", "cm", ["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"])} AS c_mktsegment, ${sentence("k", "cc", comments, 8)} AS c_comment FROM (SELECT i::BIGINT AS k, ${pick("i", "cn", 25)} AS n FROM range(1, ${customers + 1}) AS t(i))`,
    part: `SELECT k AS p_partkey, ${sentence("k", "pn", colours, 5)} AS p_name, 'Manufacturer#' || (1 + ${pick("k", "pm", 5)}) AS p_mfgr, 'Brand#' || (1 + ${pick("k", "pm", 5)}) || (1 + ${pick("k", "pb", 5)}) AS p_brand, ${type} AS p_type, 1 + ${pick("k", "ps", 50)} AS p_size, ${container} AS p_container, ${retail} AS p_retailprice, ${sentence("k", "pc", comments, 3)} AS p_comment FROM (SELECT i::BIGINT AS k FROM range(1, ${parts + 1}) AS t(i))`,
    partsupp: `SELECT k AS ps_partkey, ${supplierOf("k", "j", suppliers)} AS ps_suppkey, 1 + ${pick("k * 4 + j", "pq", 9999)} AS ps_availqty, ${money("k * 4 + j", "pc", 1, 99_901)} AS ps_supplycost, ${sentence("k * 4 + j", "pd", comments, 12)} AS ps_comment FROM (SELECT i::BIGINT AS k, unnest(range(4))::BIGINT AS j FROM range(1, ${parts + 1}) AS t(i))`,
    // A third of the customers order nothing; orders of one customer are sparse.
    orders: `SELECT k AS o_orderkey, 1 + (c // 2 * 3 + c % 2) % ${customers} AS o_custkey, CASE WHEN day < DATE '1995-03-15' THEN 'F' WHEN day > DATE '1995-06-17' THEN 'O' ELSE 'P' END AS o_orderstatus, ${money("k", "ot", 850, 55_000_000)} AS o_totalprice, day AS o_orderdate, ${oneOf("k", "op", ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"])} AS o_orderpriority, printf('Clerk#%09d', 1 + ${pick("k", "oc", Math.max(1, size(1000)))}) AS o_clerk, 0::BIGINT AS o_shippriority, ${sentence("k", "od", comments, 6)} AS o_comment FROM (SELECT i::BIGINT AS k, ${pick("i", "ocust", Math.floor((customers * 2) / 3))} AS c, DATE '1992-01-01' + ${pick("i", "oday", 2406)}::INTEGER AS day FROM range(1, ${orders + 1}) AS t(i))`,
    lineitem: `SELECT o AS l_orderkey, part AS l_partkey, ${supplierOf("part", pick("r", "ls", 4), suppliers)} AS l_suppkey, line AS l_linenumber, quantity::DECIMAL(15,2) AS l_quantity, (quantity * (90000 + ((part // 10) % 20001) + 100 * (part % 1000)) / 100)::DECIMAL(15,2) AS l_extendedprice, (${pick("r", "ld", 11)} / 100)::DECIMAL(15,2) AS l_discount, (${pick("r", "lt", 9)} / 100)::DECIMAL(15,2) AS l_tax, CASE WHEN receipt > DATE '1995-06-17' THEN 'N' ELSE ${oneOf("r", "lr", ["R", "A"])} END AS l_returnflag, CASE WHEN ship > DATE '1995-06-17' THEN 'O' ELSE 'F' END AS l_linestatus, ship AS l_shipdate, ordered + (30 + ${pick("r", "lc", 61)})::INTEGER AS l_commitdate, receipt AS l_receiptdate, ${oneOf("r", "li", ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"])} AS l_shipinstruct, ${oneOf("r", "lm", ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"])} AS l_shipmode, ${sentence("r", "lx", comments, 4)} AS l_comment FROM (SELECT *, ship + (1 + ${pick("r", "lrec", 30)})::INTEGER AS receipt FROM (SELECT *, o * 8 + line AS r, 1 + ${pick("o * 8 + line", "lp", parts)} AS part, 1 + ${pick("o * 8 + line", "lq", 50)} AS quantity, ordered + (1 + ${pick("o * 8 + line", "lship", 121)})::INTEGER AS ship FROM (SELECT i::BIGINT AS o, unnest(range(1, 2 + ${pick("i", "lines", 7)}))::BIGINT AS line, DATE '1992-01-01' + ${pick("i", "oday", 2406)}::INTEGER AS ordered FROM range(1, ${orders + 1}) AS t(i))))`,
  };
}

/** Parquet files of all tables; those of an earlier run are used again. */
export async function generateData(
  connection: DuckDBConnection,
  directory: string,
  scale: number,
): Promise<Record<TableName, string>> {
  mkdirSync(directory, { recursive: true });
  const sources = selects(scale);
  for (const table of tables) {
    const path = join(directory, `${table}.parquet`);
    if (existsSync(path)) continue;
    await connection.run(`COPY (${sources[table]}) TO '${path}.draft' (FORMAT parquet)`);
    renameSync(`${path}.draft`, path);
  }
  return Object.fromEntries(
    tables.map((table) => [table, join(directory, `${table}.parquet`)]),
  ) as Record<TableName, string>;
}
