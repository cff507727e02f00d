/** One SQL and the tables that it reads. */
export interface ReferenceCase {
  name: string;
  sql: string;
  sources: string[];
  legacy?: boolean;
}

const b = "`";
/** Backticks read badly in template strings: «x» is written for them below. */
const q = (sql: string) => sql.replace(/[«»]/g, b);

function cases(entries: [name: string, sql: string, sources: string[]][]): ReferenceCase[] {
  return entries.map(([name, sql, sources]) => ({ name, sql: q(sql), sources }));
}

const names = cases([
  ["one part", "SELECT * FROM visits", ["visits"]],
  ["two parts", "SELECT * FROM shop.visits", ["shop.visits"]],
  ["three parts", "SELECT * FROM acme.shop.visits", ["acme.shop.visits"]],
  ["dashed project", "SELECT * FROM acme-prod-2.shop.visits", ["acme-prod-2.shop.visits"]],
  [
    "dashed project ending in digits",
    "SELECT * FROM acme-77.shop.visits v",
    ["acme-77.shop.visits"],
  ],
  ["dash followed by digits and letters", "SELECT 1 FROM a-1b-2.c.d", ["a-1b-2.c.d"]],
  ["dashed table name", "SELECT 1 FROM shop.my-visits", ["shop.my-visits"]],
  ["whole name in backticks", "SELECT * FROM «acme-prod.shop.visits»", ["acme-prod.shop.visits"]],
  [
    "each part in backticks",
    "SELECT * FROM «acme-prod».«shop».«visits»",
    ["acme-prod.shop.visits"],
  ],
  ["project in backticks", "SELECT * FROM «acme-prod».shop.visits", ["acme-prod.shop.visits"]],
  [
    "project and dataset in one pair",
    "SELECT * FROM «acme-prod.shop».visits",
    ["acme-prod.shop.visits"],
  ],
  ["dataset and table in one pair", "SELECT * FROM acme.«shop.visits»", ["acme.shop.visits"]],
  [
    "domain-scoped project",
    "SELECT * FROM «acme.com:prod.shop.visits»",
    ["acme.com:prod.shop.visits"],
  ],
  ["spaces around dots", "SELECT * FROM acme . shop . visits", ["acme.shop.visits"]],
  ["newline in a name", "SELECT * FROM shop.\n  visits", ["shop.visits"]],
  ["comment inside a name", "SELECT * FROM shop./* the */visits -- x\n", ["shop.visits"]],
  ["keyword after a dot", "SELECT * FROM shop.order", ["shop.order"]],
  ["keywords after dots", "SELECT * FROM acme.group.select", ["acme.group.select"]],
  ["from after a dot", "SELECT t.from FROM shop.from AS t", ["shop.from"]],
  ["table that begins with a digit", "SELECT * FROM shop.2024_visits", ["shop.2024_visits"]],
  ["reserved word in backticks", "SELECT * FROM «select»", ["select"]],
  ["unicode name", "SELECT * FROM «shop.besök»", ["shop.besök"]],
  [
    "names differ by case",
    "SELECT * FROM shop.Visits JOIN shop.visits USING (id)",
    ["shop.Visits", "shop.visits"],
  ],
  [
    "same table twice",
    "SELECT * FROM shop.visits a JOIN shop.visits b USING (id)",
    ["shop.visits"],
  ],
  ["no table", "SELECT 1 AS one, 'a' AS b", []],
  ["empty text", "", []],
  ["comments alone", "-- SELECT * FROM shop.visits\n/* FROM shop.visits */ # FROM shop.visits", []],
  [
    "lower-case keywords",
    "select * from shop.visits inner join shop.orders using (id)",
    ["shop.orders", "shop.visits"],
  ],
  ["no space after from", "SELECT*FROM«shop.visits»WHERE x=1", ["shop.visits"]],
  ["parenthesis right after from", "SELECT * FROM(SELECT 1 FROM shop.visits)", ["shop.visits"]],
  ["four parts", "SELECT * FROM «acme.lake.shop.visits»", ["acme.lake.shop.visits"]],
]);

const wildcards = cases([
  ["wildcard", "SELECT * FROM «acme.shop.events_*»", ["acme.shop.events_*"]],
  [
    "wildcard without project",
    "SELECT * FROM «shop.events_*» WHERE _TABLE_SUFFIX > '2024'",
    ["shop.events_*"],
  ],
  ["wildcard without backticks", "SELECT * FROM shop.events_* WHERE TRUE", ["shop.events_*"]],
  ["wildcard of a dataset", "SELECT * FROM «acme.shop.*»", ["acme.shop.*"]],
  ["quoted table part", "SELECT * FROM acme.shop.«events_*»", ["acme.shop.events_*"]],
  ["wildcard with alias", "SELECT e.x FROM «shop.events_*» AS e, e.items", ["shop.events_*"]],
  [
    "wildcard and one of its tables",
    "SELECT * FROM «s.e_*» UNION ALL SELECT * FROM s.e_1",
    ["s.e_*", "s.e_1"],
  ],
  ["multiplication is no wildcard", "SELECT a * b FROM shop.visits WHERE a*b > 1", ["shop.visits"]],
  ["star of an alias", "SELECT v.* FROM shop.visits v", ["shop.visits"]],
  ["star except", "SELECT * EXCEPT (a, b) FROM shop.visits", ["shop.visits"]],
  ["star replace", "SELECT * REPLACE (x + 1 AS x) FROM shop.visits", ["shop.visits"]],
]);

const strings = cases([
  ["from in single quotes", "SELECT 'x FROM shop.a' FROM shop.visits", ["shop.visits"]],
  ["from in double quotes", 'SELECT "x FROM shop.a" FROM shop.visits', ["shop.visits"]],
  ["escaped quote", "SELECT 'it\\'s FROM shop.a' FROM shop.visits", ["shop.visits"]],
  ["escaped backslash before the quote", "SELECT 'x\\\\' FROM shop.visits", ["shop.visits"]],
  [
    "triple single quotes",
    "SELECT '''a ' FROM shop.a\n FROM ''' FROM shop.visits",
    ["shop.visits"],
  ],
  [
    "triple double quotes",
    'SELECT """a " FROM shop.a\n FROM """ FROM shop.visits',
    ["shop.visits"],
  ],
  ["triple quotes with a quote at the end", "SELECT '''a\\'''' FROM shop.visits", ["shop.visits"]],
  [
    "raw string keeps its backslash",
    "SELECT r'\\d FROM shop.a', 1 FROM shop.visits",
    ["shop.visits"],
  ],
  [
    "raw string with an escaped quote",
    "SELECT r'\\' FROM shop.a' FROM shop.visits",
    ["shop.visits"],
  ],
  ["raw triple", 'SELECT R"""\\" FROM shop.a""" FROM shop.visits', ["shop.visits"]],
  ["bytes", "SELECT b'FROM shop.a' FROM shop.visits", ["shop.visits"]],
  ["raw bytes", "SELECT rb'FROM shop.a', BR\"FROM shop.b\" FROM shop.visits", ["shop.visits"]],
  ["empty strings", "SELECT '', \"\", '' FROM shop.visits WHERE x = ''", ["shop.visits"]],
  ["empty triple string", "SELECT '''''' FROM shop.visits", ["shop.visits"]],
  ["comment marks in a string", "SELECT '-- /* #' FROM shop.visits", ["shop.visits"]],
  ["quote in a line comment", "SELECT 1 -- it's\nFROM shop.visits", ["shop.visits"]],
  ["quote in a hash comment", "SELECT 1 # it's \"\nFROM shop.visits", ["shop.visits"]],
  ["quote in a block comment", "SELECT 1 /* it's ` */ FROM shop.visits", ["shop.visits"]],
  ["block comments do not nest", "SELECT 1 /* /* */ FROM shop.visits", ["shop.visits"]],
  ["star before the end of a comment", "SELECT 1 /***/ FROM shop.visits /**/", ["shop.visits"]],
  [
    "comment between from and name",
    "SELECT 1 FROM -- which?\n /* this */ shop.visits",
    ["shop.visits"],
  ],
  [
    "comment at the end without newline",
    "SELECT 1 FROM shop.visits -- FROM shop.a",
    ["shop.visits"],
  ],
  ["comment ended by a carriage return", "SELECT 1 -- x\rFROM shop.visits", ["shop.visits"]],
  [
    "comma in a comment of the from clause",
    "SELECT 1 FROM shop.visits /* , shop.a */ WHERE TRUE",
    ["shop.visits"],
  ],
  ["hash in a string", "SELECT '#' FROM shop.visits", ["shop.visits"]],
  ["column named r", "SELECT r FROM shop.visits AS r", ["shop.visits"]],
  ["minus a negative number", "SELECT 1 - -1 FROM shop.visits", ["shop.visits"]],
  [
    "javascript function",
    'CREATE TEMP FUNCTION f(x STRING) RETURNS STRING LANGUAGE js AS r"""\n// import x from shop.a;\nreturn x; // FROM shop.b\n"""; SELECT f(a) FROM shop.visits',
    ["shop.visits"],
  ],
  ["dynamic SQL is not looked into", "EXECUTE IMMEDIATE 'SELECT * FROM shop.a'", []],
]);

const froms = cases([
  ["comma join", "SELECT * FROM shop.a, shop.b , shop.c", ["shop.a", "shop.b", "shop.c"]],
  [
    "every join",
    "SELECT * FROM s.a JOIN s.b USING (i) INNER JOIN s.c USING (i) LEFT JOIN s.d USING (i) LEFT OUTER JOIN s.e USING (i) RIGHT JOIN s.f USING (i) FULL OUTER JOIN s.g USING (i) CROSS JOIN s.h",
    ["s.a", "s.b", "s.c", "s.d", "s.e", "s.f", "s.g", "s.h"],
  ],
  [
    "comma after a join condition",
    "SELECT * FROM s.a JOIN s.b ON s.a.x = s.b.x AND f(1, 2), s.c",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "comma in a join condition's list",
    "SELECT * FROM s.a JOIN s.b ON a.x IN (1, 2, b.y) JOIN s.c ON TRUE",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "comma in an array literal",
    "SELECT * FROM s.a JOIN s.b ON a.x IN UNNEST([1, b.y, 3])",
    ["s.a", "s.b"],
  ],
  [
    "comma in a struct type",
    "SELECT * FROM s.a JOIN s.b ON a.x = STRUCT<y INT64, z ARRAY<STRING>>(1, ['q']), s.c",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "case in a join condition",
    "SELECT * FROM s.a a JOIN s.b b ON CASE WHEN a.x THEN b.x ELSE b.y END = a.z, s.c",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "parenthesised joins",
    "SELECT * FROM ((s.a a JOIN s.b b USING (i)) JOIN s.c c USING (i)) JOIN s.d USING (i)",
    ["s.a", "s.b", "s.c", "s.d"],
  ],
  ["parenthesised table", "SELECT * FROM (s.a)", ["s.a"]],
  [
    "join without on nested",
    "SELECT * FROM s.a JOIN s.b JOIN s.c ON TRUE ON TRUE",
    ["s.a", "s.b", "s.c"],
  ],
  ["derived table", "SELECT * FROM (SELECT * FROM s.a) AS x", ["s.a"]],
  [
    "derived tables side by side",
    "SELECT * FROM (SELECT * FROM s.a) x, (SELECT * FROM s.b) y",
    ["s.a", "s.b"],
  ],
  ["doubly parenthesised query", "SELECT * FROM ((SELECT * FROM s.a))", ["s.a"]],
  [
    "set operations in parentheses",
    "SELECT * FROM ((SELECT x FROM s.a) UNION ALL (SELECT x FROM s.b) EXCEPT DISTINCT (SELECT x FROM s.c))",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "set operations",
    "SELECT x FROM s.a UNION DISTINCT SELECT x FROM s.b INTERSECT DISTINCT SELECT x FROM s.c EXCEPT DISTINCT SELECT x FROM s.d",
    ["s.a", "s.b", "s.c", "s.d"],
  ],
  ["parenthesised statement", "((SELECT * FROM s.a))", ["s.a"]],
  ["scalar subquery", "SELECT (SELECT MAX(x) FROM s.b) AS m FROM s.a", ["s.a", "s.b"]],
  ["exists", "SELECT 1 FROM s.a WHERE EXISTS (SELECT 1 FROM s.b WHERE a.x = b.x)", ["s.a", "s.b"]],
  ["in", "SELECT 1 FROM s.a WHERE x NOT IN (SELECT x FROM s.b)", ["s.a", "s.b"]],
  ["array subquery", "SELECT ARRAY(SELECT x FROM s.b) FROM s.a", ["s.a", "s.b"]],
  [
    "subquery in a join condition",
    "SELECT 1 FROM s.a JOIN s.b ON a.x = (SELECT MAX(x) FROM s.c)",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "subquery in having",
    "SELECT x FROM s.a GROUP BY x HAVING COUNT(*) > (SELECT n FROM s.b)",
    ["s.a", "s.b"],
  ],
  [
    "subquery in qualify",
    "SELECT x FROM s.a QUALIFY ROW_NUMBER() OVER (PARTITION BY y ORDER BY z) <= (SELECT n FROM s.b)",
    ["s.a", "s.b"],
  ],
  [
    "subquery in order by and limit",
    "SELECT x FROM s.a ORDER BY (SELECT 1 FROM s.b) LIMIT 10 OFFSET 5",
    ["s.a", "s.b"],
  ],
  [
    "subquery in case",
    "SELECT CASE WHEN x THEN (SELECT 1 FROM s.b) ELSE (SELECT 1 FROM s.c) END FROM s.a",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "subquery in a function argument",
    "SELECT IF(x, (SELECT y FROM s.b), COALESCE((SELECT z FROM s.c), 1)) FROM s.a",
    ["s.a", "s.b", "s.c"],
  ],
  ["subquery in an array literal", "SELECT [1, (SELECT x FROM s.b)] FROM s.a", ["s.a", "s.b"]],
  [
    "subquery in a struct",
    "SELECT STRUCT((SELECT x FROM s.b) AS y, 1 AS z) FROM s.a",
    ["s.a", "s.b"],
  ],
  [
    "subquery in unnest",
    "SELECT * FROM s.a, UNNEST((SELECT ARRAY_AGG(x) FROM s.b)) AS u",
    ["s.a", "s.b"],
  ],
  ["select as struct", "SELECT AS STRUCT x FROM s.a", ["s.a"]],
  ["select distinct", "SELECT DISTINCT x FROM s.a", ["s.a"]],
  [
    "window clause",
    "SELECT SUM(x) OVER w, MAX(x) OVER v FROM s.a WINDOW w AS (PARTITION BY y), v AS (w ORDER BY z)",
    ["s.a"],
  ],
  [
    "window frame",
    "SELECT SUM(x) OVER (ORDER BY y ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM s.a",
    ["s.a"],
  ],
  ["group by rollup", "SELECT x, y FROM s.a GROUP BY ROLLUP (x, y)", ["s.a"]],
  ["group by list", "SELECT x, y FROM s.a GROUP BY x, y, z ORDER BY x, y", ["s.a"]],
  [
    "system time",
    "SELECT * FROM s.a FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR), s.b",
    ["s.a", "s.b"],
  ],
  [
    "system time with alias",
    "SELECT * FROM s.a AS x FOR SYSTEM_TIME AS OF '2024-01-01' JOIN s.b USING (i), x.items",
    ["s.a", "s.b"],
  ],
  ["tablesample", "SELECT * FROM s.a TABLESAMPLE SYSTEM (10 PERCENT), s.b", ["s.a", "s.b"]],
  [
    "pivot",
    "SELECT * FROM s.a PIVOT(SUM(x) AS s, COUNT(*) AS c FOR q IN ('Q1', 'Q2')) AS p, s.b",
    ["s.a", "s.b"],
  ],
  [
    "pivot of a subquery",
    "SELECT * FROM (SELECT * FROM s.a) PIVOT(SUM(x) FOR q IN ('Q1'))",
    ["s.a"],
  ],
  ["unpivot", "SELECT * FROM s.a UNPIVOT(v FOR k IN (x, y, z)) JOIN s.b USING (i)", ["s.a", "s.b"]],
  [
    "unpivot include nulls",
    "SELECT * FROM s.a UNPIVOT INCLUDE NULLS (v FOR k IN (x, y)), s.b",
    ["s.a", "s.b"],
  ],
  ["unnest alone", "SELECT * FROM UNNEST([1, 2, 3]) AS x WITH OFFSET AS o", []],
  ["unnest of a column", "SELECT * FROM s.a, UNNEST(items) AS i, UNNEST(i.parts) AS p", ["s.a"]],
  [
    "left join unnest",
    "SELECT * FROM s.a LEFT JOIN UNNEST(a.items) i WITH OFFSET o ON TRUE",
    ["s.a"],
  ],
  [
    "unnest between tables",
    "SELECT * FROM s.a, UNNEST(GENERATE_ARRAY(1, 10)) n, s.b",
    ["s.a", "s.b"],
  ],
  [
    "hints",
    "SELECT * FROM s.a JOIN@{join_type=hash_join} s.b USING (i) WHERE @{x='FROM s.c'} TRUE",
    ["s.a", "s.b"],
  ],
  ["query parameters", "SELECT @from, @@script.job_id, ? FROM s.a WHERE x = @table", ["s.a"]],
  ["trailing semicolon and spaces", "  SELECT * FROM s.a ;  \n", ["s.a"]],
  [
    "interval and dates",
    "SELECT DATE '2024-01-01' + INTERVAL 1 DAY, TIMESTAMP \"2024-01-01\" FROM s.a",
    ["s.a"],
  ],
  ["number with a dot at its end", "SELECT 1. FROM s.a", ["s.a"]],
  ["numbers", "SELECT 1.5, .5, 1e10, 1.5E-3, 0xFF FROM s.a WHERE x > 1.AND y < 2", ["s.a"]],
]);

const notFroms = cases([
  [
    "less than a column of a type's name",
    "SELECT 1 FROM s.a JOIN s.b ON table < function JOIN s.c ON table > 1, s.d",
    ["s.a", "s.b", "s.c", "s.d"],
  ],
  [
    "shift and comparison operators",
    "SELECT a << 2, a >> b, c <> d, e < f, g > h FROM s.a JOIN s.b ON a.x < b.x AND a.y > b.y, s.c",
    ["s.a", "s.b", "s.c"],
  ],
  ["extract", "SELECT EXTRACT(YEAR FROM created) FROM s.a", ["s.a"]],
  ["extract with a zone", "SELECT EXTRACT(DATE FROM ts AT TIME ZONE 'UTC') FROM s.a", ["s.a"]],
  [
    "extract of a subquery",
    "SELECT EXTRACT(DAY FROM (SELECT MAX(d) FROM s.b)) FROM s.a",
    ["s.a", "s.b"],
  ],
  [
    "extract in a from clause's condition",
    "SELECT 1 FROM s.a JOIN s.b ON EXTRACT(YEAR FROM a.d) = EXTRACT(YEAR FROM b.d), s.c",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "nested extracts",
    "SELECT CAST(EXTRACT(MONTH FROM DATE(EXTRACT(DATE FROM ts))) AS STRING) FROM s.a",
    ["s.a"],
  ],
  [
    "is distinct from",
    "SELECT x IS DISTINCT FROM y, x IS NOT DISTINCT FROM z FROM s.a WHERE a IS DISTINCT FROM b",
    ["s.a"],
  ],
  [
    "is distinct from a subquery",
    "SELECT 1 FROM s.a WHERE x IS DISTINCT FROM (SELECT y FROM s.b)",
    ["s.a", "s.b"],
  ],
  ["trim from", "SELECT TRIM(BOTH 'x' FROM name) FROM s.a", ["s.a"]],
  ["substring from", "SELECT SUBSTRING(name FROM 2 FOR 3) FROM s.a", ["s.a"]],
  [
    "columns named like words of tables",
    "SELECT table, data, offset, temp, view, copy FROM s.a",
    ["s.a"],
  ],
  [
    "column named table in a call",
    "SELECT COUNT(table), IF(table IS NULL, 1, 2), f(x, table) FROM s.a",
    ["s.a"],
  ],
  ["lateral", "SELECT * FROM s.a AS t, LATERAL (SELECT * FROM t.items, s.b)", ["s.a", "s.b"]],
  ["alias named table", "SELECT table.x FROM s.a AS table", ["s.a"]],
  ["alias named final", "SELECT final.x FROM s.a final JOIN s.b ON final.x = b.x", ["s.a", "s.b"]],
  ["struct field path", "SELECT a.b.c.d, x.y FROM s.a WHERE p.q.r = 1", ["s.a"]],
  ["column alias like a table", "SELECT x AS visits, y AS s FROM s.a", ["s.a"]],
  ["cast", "SELECT CAST(x AS INT64), SAFE_CAST(y AS STRING) FROM s.a", ["s.a"]],
  ["names of clauses as struct fields", "SELECT x.from, x.join, x.with FROM s.a x", ["s.a"]],
]);

const ctes = cases([
  ["one", "WITH x AS (SELECT * FROM s.a) SELECT * FROM x", ["s.a"]],
  [
    "later ones see earlier ones",
    "WITH x AS (SELECT * FROM s.a), y AS (SELECT * FROM x JOIN s.b USING (i)) SELECT * FROM y",
    ["s.a", "s.b"],
  ],
  [
    "earlier ones do not see later ones",
    "WITH x AS (SELECT * FROM y), y AS (SELECT * FROM s.b) SELECT * FROM x, y",
    ["s.b", "y"],
  ],
  [
    "a name reads the table it hides",
    "WITH visits AS (SELECT * FROM visits) SELECT * FROM visits",
    ["visits"],
  ],
  [
    "a name hides one part only",
    "WITH visits AS (SELECT 1 AS i) SELECT * FROM visits JOIN shop.visits USING (i)",
    ["shop.visits"],
  ],
  ["names ignore case", "WITH Visits AS (SELECT * FROM s.a) SELECT * FROM vISITS", ["s.a"]],
  [
    "name in backticks",
    "WITH «my visits» AS (SELECT * FROM s.a) SELECT * FROM «my visits»",
    ["s.a"],
  ],
  ["used in backticks", "WITH x AS (SELECT * FROM s.a) SELECT * FROM «x»", ["s.a"]],
  [
    "inner scope ends",
    "SELECT * FROM (WITH x AS (SELECT * FROM s.a) SELECT * FROM x) JOIN x USING (i)",
    ["s.a", "x"],
  ],
  [
    "inner hides outer",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM (WITH x AS (SELECT * FROM s.b) SELECT * FROM x), x",
    ["s.a", "s.b"],
  ],
  [
    "outer seen inside",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM (WITH y AS (SELECT * FROM x) SELECT * FROM y JOIN x USING (i))",
    ["s.a"],
  ],
  [
    "inner of a name's query",
    "WITH x AS (WITH y AS (SELECT * FROM s.a) SELECT * FROM y) SELECT * FROM x, y",
    ["s.a", "y"],
  ],
  [
    "seen in a subquery",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM s.b WHERE i IN (SELECT i FROM x)",
    ["s.a", "s.b"],
  ],
  [
    "seen on both sides of a union",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM x UNION ALL SELECT * FROM x",
    ["s.a"],
  ],
  [
    "of one side of a union only",
    "(WITH x AS (SELECT * FROM s.a) SELECT * FROM x) UNION ALL (SELECT * FROM x)",
    ["s.a", "x"],
  ],
  ["scope ends with the statement", "WITH x AS (SELECT 1) SELECT * FROM x; SELECT * FROM x", ["x"]],
  [
    "recursive",
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x JOIN s.a USING (n)) SELECT * FROM x",
    ["s.a"],
  ],
  [
    "recursive sees later names",
    "WITH RECURSIVE x AS (SELECT * FROM y), y AS (SELECT * FROM s.a UNION ALL SELECT * FROM x) SELECT * FROM x",
    ["s.a"],
  ],
  ["named recursive", "WITH recursive AS (SELECT * FROM s.a) SELECT * FROM «recursive»", ["s.a"]],
  [
    "arrays of a name",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM x, x.items, x.items.parts",
    ["s.a"],
  ],
  [
    "a name and a dataset are two things",
    "WITH shop AS (SELECT 1) SELECT * FROM shop.visits",
    ["shop.visits"],
  ],
  [
    "comment before the parenthesis",
    "WITH x AS /* here */ ( -- go\nSELECT * FROM s.a) SELECT * FROM x",
    ["s.a"],
  ],
  ["trailing comma", "WITH x AS (SELECT * FROM s.a), SELECT * FROM x", ["s.a"]],
  [
    "named like a keyword of ours",
    "WITH data AS (SELECT * FROM s.a), temp AS (SELECT * FROM data), copy AS (SELECT * FROM temp) SELECT * FROM copy",
    ["s.a"],
  ],
  ["with expression", "SELECT WITH(a AS 1, b AS a + 1, a * b) FROM s.a", ["s.a"]],
  [
    "many levels",
    "WITH a AS (WITH b AS (WITH c AS (SELECT * FROM s.x) SELECT * FROM c) SELECT * FROM b) SELECT * FROM a, b, c",
    ["b", "c", "s.x"],
  ],
  [
    "subquery with its own with",
    "SELECT (WITH x AS (SELECT MAX(i) AS m FROM s.a) SELECT m FROM x) FROM s.b, x",
    ["s.a", "s.b", "x"],
  ],
  [
    "alias of another",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM x AS y JOIN x AS z USING (i)",
    ["s.a"],
  ],
]);

const paths = cases([
  ["array of an alias", "SELECT * FROM shop.visits AS v, v.hits", ["shop.visits"]],
  ["array of a table by its own name", "SELECT * FROM shop.visits, visits.hits", ["shop.visits"]],
  [
    "array of a quoted table",
    "SELECT * FROM «acme.shop.visits», visits.hits AS h",
    ["acme.shop.visits"],
  ],
  [
    "array of an array",
    "SELECT * FROM shop.visits v, v.hits h, h.products p, p.tags",
    ["shop.visits"],
  ],
  ["array by its own name", "SELECT * FROM shop.visits v, v.hits, hits.products", ["shop.visits"]],
  ["deep path", "SELECT * FROM shop.visits v, v.a.b.c.d AS e", ["shop.visits"]],
  [
    "joined array",
    "SELECT * FROM shop.visits v LEFT JOIN v.hits AS h CROSS JOIN h.parts",
    ["shop.visits"],
  ],
  ["alias hides a dataset", "SELECT * FROM shop.visits AS stock, stock.items", ["shop.visits"]],
  ["alias ignores case", "SELECT * FROM shop.visits AS V, v.hits", ["shop.visits"]],
  [
    "alias to the right is not seen",
    "SELECT * FROM v.hits, shop.visits AS v",
    ["shop.visits", "v.hits"],
  ],
  [
    "alias in a select list's subquery",
    "SELECT (SELECT COUNT(*) FROM v.hits), ARRAY(SELECT x FROM v.hits.parts) FROM shop.visits v",
    ["shop.visits"],
  ],
  [
    "alias in an exists",
    "SELECT 1 FROM shop.visits v WHERE EXISTS (SELECT 1 FROM v.hits h WHERE h.x IN (SELECT y FROM h.parts))",
    ["shop.visits"],
  ],
  [
    "alias two levels out",
    "SELECT (SELECT (SELECT COUNT(*) FROM v.hits)) FROM shop.visits v",
    ["shop.visits"],
  ],
  [
    "a derived table does not see what is beside it",
    "SELECT * FROM shop.visits AS stock, (SELECT * FROM stock.items)",
    ["shop.visits", "stock.items"],
  ],
  [
    "the other side of a union does not see it",
    "SELECT x FROM shop.visits AS stock UNION ALL SELECT x FROM stock.items",
    ["shop.visits", "stock.items"],
  ],
  [
    "a join condition sees what is to its left",
    "SELECT 1 FROM shop.visits v JOIN shop.orders o ON EXISTS (SELECT 1 FROM v.hits, o.lines)",
    ["shop.orders", "shop.visits"],
  ],
  [
    "a join condition does not see what is to its right",
    "SELECT 1 FROM s.a JOIN s.b ON EXISTS (SELECT 1 FROM stock.items) JOIN s.c AS stock ON TRUE",
    ["s.a", "s.b", "s.c", "stock.items"],
  ],
  [
    "an alias that both the inner and the outer query have",
    "SELECT (SELECT COUNT(*) FROM s.b AS v, v.parts) FROM s.a AS v, v.parts",
    ["s.a", "s.b"],
  ],
  [
    "an alias whose table has its name",
    "SELECT * FROM shop.shop AS shop, shop.items",
    ["shop.shop"],
  ],
  [
    "a table whose path begins with its own alias",
    "SELECT * FROM shop.visits AS shop",
    ["shop.visits"],
  ],
  [
    "a with clause in a subquery sees it",
    "SELECT (WITH x AS (SELECT * FROM stock.items) SELECT COUNT(*) FROM x) FROM shop.visits AS stock",
    ["shop.visits"],
  ],
  [
    "a with clause does not see the query it stands before",
    "WITH x AS (SELECT * FROM stock.items) SELECT COUNT(*) FROM x, shop.visits AS stock",
    ["shop.visits", "stock.items"],
  ],
  [
    "a with clause in a derived table does not see what is beside it",
    "SELECT * FROM shop.visits AS stock, (WITH x AS (SELECT * FROM stock.items) SELECT * FROM x)",
    ["shop.visits", "stock.items"],
  ],
  [
    "alias of a derived table",
    "SELECT * FROM (SELECT * FROM shop.visits) AS v, v.hits",
    ["shop.visits"],
  ],
  ["alias of a table function", "SELECT * FROM shop.recent(10) AS r, r.hits", []],
  ["alias of unnest", "SELECT * FROM UNNEST([STRUCT([1] AS parts)]) AS u, u.parts", []],
  [
    "alias of joined tables",
    "SELECT * FROM (shop.visits v JOIN shop.orders o USING (i)), v.hits, o.lines",
    ["shop.orders", "shop.visits"],
  ],
  [
    "alias without as",
    "SELECT * FROM shop.visits v JOIN shop.orders o ON v.i = o.i, o.lines l",
    ["shop.orders", "shop.visits"],
  ],
  ["quoted alias", "SELECT * FROM shop.visits AS «v», «v».hits", ["shop.visits"]],
  [
    "a quoted dotted name is a table",
    "SELECT * FROM shop.visits AS stock, «stock.items»",
    ["shop.visits", "stock.items"],
  ],
  [
    "one part is never a column",
    "SELECT * FROM shop.visits AS hits, hits",
    ["hits", "shop.visits"],
  ],
  [
    "array of a pivot",
    "SELECT * FROM shop.visits PIVOT(ANY_VALUE(x) FOR k IN ('a')) AS p, p.a",
    ["shop.visits"],
  ],
  [
    "offset alias",
    "SELECT * FROM shop.visits v, v.hits h WITH OFFSET AS pos, h.parts WITH OFFSET",
    ["shop.visits"],
  ],
  [
    "array within an unnest subquery",
    "SELECT * FROM shop.visits v, UNNEST(ARRAY(SELECT x FROM v.hits)) h",
    ["shop.visits"],
  ],
  [
    "scopes do not leak into the next statement",
    "SELECT * FROM shop.visits AS stock; SELECT * FROM stock.items",
    ["shop.visits", "stock.items"],
  ],
  [
    "dashed project is no alias",
    "SELECT * FROM shop.visits AS acme, acme-prod.shop.items",
    ["acme-prod.shop.items", "shop.visits"],
  ],
]);

const setAside = cases([
  ["information schema of a dataset", "SELECT * FROM shop.INFORMATION_SCHEMA.TABLES", []],
  [
    "information schema of a region",
    "SELECT * FROM «region-us».INFORMATION_SCHEMA.JOBS_BY_PROJECT j JOIN s.a USING (i)",
    ["s.a"],
  ],
  ["information schema in backticks", "SELECT * FROM «acme.shop.INFORMATION_SCHEMA.COLUMNS»", []],
  [
    "information schema, dashed region",
    "SELECT * FROM acme-prod.region-us.INFORMATION_SCHEMA.JOBS",
    [],
  ],
  [
    "information schema, lower case",
    "SELECT * FROM acme.shop.information_schema.tables, s.a",
    ["s.a"],
  ],
  ["information schema alone", "SELECT * FROM INFORMATION_SCHEMA.SCHEMATA", []],
  ["table function", "SELECT * FROM shop.recent_visits(DATE '2024-01-01', 10)", []],
  [
    "table function with a subquery",
    "SELECT * FROM shop.scored((SELECT * FROM s.a), 1) x JOIN s.b USING (i)",
    ["s.a", "s.b"],
  ],
  [
    "model and table arguments",
    "SELECT * FROM ML.PREDICT(MODEL «shop.model», TABLE shop.visits)",
    ["shop.visits"],
  ],
  [
    "model and query arguments",
    "SELECT * FROM ML.PREDICT(MODEL shop.model, (SELECT * FROM s.a), STRUCT(0.5 AS threshold))",
    ["s.a"],
  ],
  ["named table argument", "SELECT * FROM shop.f(input => TABLE s.a, n => 3)", ["s.a"]],
  [
    "table argument of a query's own",
    "WITH x AS (SELECT * FROM s.a) SELECT * FROM shop.f(TABLE x)",
    ["s.a"],
  ],
  [
    "vector search",
    "SELECT * FROM VECTOR_SEARCH(TABLE shop.base, 'v', TABLE «shop.queries», top_k => 5)",
    ["shop.base", "shop.queries"],
  ],
  [
    "external query",
    "SELECT * FROM EXTERNAL_QUERY('acme.us.db', '''SELECT * FROM public.users''') u JOIN s.a USING (i)",
    ["s.a"],
  ],
  ["session tables", "CREATE TEMP TABLE x AS SELECT 1; SELECT * FROM _SESSION.x", []],
  [
    "function that begins like a keyword",
    "SELECT * FROM s.a WHERE FORMAT('%t', x) = LEFT(y, 2) AND RIGHT(z, 1) = 'q'",
    ["s.a"],
  ],
]);

const statements = cases([
  ["insert select", "INSERT INTO s.t (a, b) SELECT a, b FROM s.a", ["s.a"]],
  ["insert without into", "INSERT s.t SELECT * FROM s.a", ["s.a"]],
  ["insert with", "INSERT INTO s.t WITH x AS (SELECT * FROM s.a) SELECT * FROM x", ["s.a"]],
  [
    "insert values with a subquery",
    "INSERT INTO s.t (a) VALUES ((SELECT MAX(x) FROM s.a)), (2)",
    ["s.a"],
  ],
  [
    "insert that reads its target",
    "INSERT INTO s.t SELECT * FROM s.a WHERE i NOT IN (SELECT i FROM s.t)",
    ["s.a", "s.t"],
  ],
  [
    "insert into a dashed project",
    "INSERT INTO acme-prod.s.t (x, y) SELECT x, y FROM acme-prod.s.a",
    ["acme-prod.s.a"],
  ],
  ["update", "UPDATE s.t SET x = 1, y = s.t.z WHERE TRUE", []],
  [
    "update from",
    "UPDATE s.t AS t SET x = a.x, y = (SELECT MAX(q) FROM s.b) FROM s.a AS a, s.c WHERE t.i = a.i",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "update array of its target",
    "UPDATE s.t t SET n = (SELECT COUNT(*) FROM t.items) WHERE TRUE",
    [],
  ],
  ["delete", "DELETE FROM s.t WHERE i IN (SELECT i FROM s.a)", ["s.a"]],
  ["delete without from", "DELETE s.t WHERE x < 3", []],
  [
    "delete with alias",
    "DELETE FROM s.t x WHERE EXISTS (SELECT 1 FROM x.items) OR NOT EXISTS (SELECT 1 FROM s.a WHERE a.i = x.i)",
    ["s.a"],
  ],
  ["truncate", "TRUNCATE TABLE s.t", []],
  [
    "merge a table",
    "MERGE INTO s.t AS t USING s.a AS a ON t.i = a.i WHEN MATCHED THEN UPDATE SET x = a.x, y = a.y WHEN NOT MATCHED THEN INSERT (i, x) VALUES (a.i, a.x) WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ["s.a"],
  ],
  [
    "merge a query",
    "MERGE s.t t USING (SELECT * FROM s.a JOIN s.b USING (i)) q ON t.i = q.i WHEN MATCHED AND q.x > 1 THEN DELETE WHEN NOT MATCHED THEN INSERT ROW",
    ["s.a", "s.b"],
  ],
  [
    "merge that reads its target",
    "MERGE s.t USING (SELECT * FROM s.t WHERE x) q ON FALSE WHEN NOT MATCHED THEN INSERT ROW",
    ["s.t"],
  ],
  [
    "merge with subqueries in its clauses",
    "MERGE s.t t USING s.a a ON t.i = (SELECT MAX(i) FROM s.b) WHEN MATCHED THEN UPDATE SET x = (SELECT 1 FROM s.c), y = (SELECT 1 FROM a.items)",
    ["s.a", "s.b", "s.c"],
  ],
  [
    "create table as",
    "CREATE OR REPLACE TABLE s.t PARTITION BY DATE(x) CLUSTER BY y, z OPTIONS (description = 'FROM s.q') AS SELECT * FROM s.a",
    ["s.a"],
  ],
  ["create if not exists", "CREATE TABLE IF NOT EXISTS «acme.s.t» AS (SELECT * FROM s.a)", ["s.a"]],
  [
    "create table of columns",
    "CREATE TABLE s.t (a INT64 NOT NULL, b ARRAY<STRUCT<c STRING, d NUMERIC(10, 2)>> OPTIONS (description = 'x'))",
    [],
  ],
  ["create view", "CREATE OR REPLACE VIEW s.v AS SELECT * FROM s.a", ["s.a"]],
  [
    "create view with columns",
    "CREATE VIEW s.v (x OPTIONS (description = 'FROM s.q'), y) AS SELECT x, y FROM s.a",
    ["s.a"],
  ],
  [
    "create materialized view",
    "CREATE MATERIALIZED VIEW s.v OPTIONS (enable_refresh = TRUE) AS SELECT x, COUNT(*) AS n FROM s.a GROUP BY x",
    ["s.a"],
  ],
  ["replica", "CREATE MATERIALIZED VIEW s.v AS REPLICA OF s.a", ["s.a"]],
  ["like", "CREATE TABLE s.t LIKE s.a", ["s.a"]],
  ["like as", "CREATE TABLE s.t LIKE s.a AS SELECT * FROM s.b WHERE x LIKE y", ["s.a", "s.b"]],
  [
    "clone",
    "CREATE TABLE s.t CLONE «acme.s.a» FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()",
    ["acme.s.a"],
  ],
  ["copy", "CREATE TABLE s.t COPY s.a", ["s.a"]],
  ["snapshot", "CREATE SNAPSHOT TABLE s.t CLONE s.a", ["s.a"]],
  [
    "like is an operator elsewhere",
    "CREATE TABLE s.t AS SELECT * FROM s.a WHERE x LIKE s.pattern",
    ["s.a"],
  ],
  [
    "create model",
    "CREATE OR REPLACE MODEL s.m OPTIONS (model_type = 'linear_reg') AS SELECT * FROM s.a",
    ["s.a"],
  ],
  [
    "create function",
    "CREATE FUNCTION s.f(x INT64, y STRING) AS ((SELECT MAX(z) FROM s.a WHERE i = x))",
    ["s.a"],
  ],
  [
    "create table function",
    "CREATE TABLE FUNCTION s.f(n INT64) RETURNS TABLE<a INT64, b STRING> AS SELECT a, b FROM s.a LIMIT n",
    ["s.a"],
  ],
  [
    "create procedure",
    "CREATE PROCEDURE s.p(IN x INT64, OUT y INT64) BEGIN SET y = (SELECT MAX(i) FROM s.a); INSERT INTO s.t SELECT * FROM s.b; END",
    ["s.a", "s.b"],
  ],
  [
    "external table",
    "CREATE EXTERNAL TABLE s.t WITH PARTITION COLUMNS (d DATE) OPTIONS (format = 'CSV', uris = ['gs://b/*'])",
    [],
  ],
  [
    "row access policy",
    "CREATE ROW ACCESS POLICY p ON s.t GRANT TO ('user:a@acme.com') FILTER USING (x IN (SELECT y FROM s.a))",
    ["s.a"],
  ],
  [
    "export",
    "EXPORT DATA OPTIONS (uri = 'gs://b/*.csv', format = 'CSV') AS SELECT * FROM s.a",
    ["s.a"],
  ],
  [
    "export with connection",
    "EXPORT DATA WITH CONNECTION «acme.us.c» OPTIONS (uri = 'x') AS SELECT * FROM s.a",
    ["s.a"],
  ],
  ["load", "LOAD DATA OVERWRITE s.t FROM FILES (format = 'CSV', uris = ['gs://b/a.csv'])", []],
  [
    "drop and alter",
    "DROP TABLE IF EXISTS s.t; ALTER TABLE s.u ADD COLUMN a INT64, DROP COLUMN b; DROP VIEW s.v",
    [],
  ],
  [
    "grant and revoke",
    "GRANT «roles/bigquery.dataViewer» ON TABLE s.t TO 'user:a@acme.com'; REVOKE «roles/bigquery.dataViewer» ON TABLE s.t FROM 'user:a@acme.com'",
    [],
  ],
  ["call", "CALL s.p(1, (SELECT MAX(x) FROM s.a))", ["s.a"]],
  ["assert", "ASSERT (SELECT COUNT(*) FROM s.a) > 0 AS 'FROM s.q'", ["s.a"]],
]);

const scripts = cases([
  [
    "declare and set",
    "DECLARE n INT64 DEFAULT (SELECT MAX(x) FROM s.a); SET n = (SELECT n + 1 FROM s.b); SELECT n",
    ["s.a", "s.b"],
  ],
  [
    "declare several",
    "DECLARE a, b STRING; DECLARE d DATE DEFAULT CURRENT_DATE(); SELECT * FROM s.a WHERE x = a AND d > b",
    ["s.a"],
  ],
  [
    "temp table",
    "CREATE TEMP TABLE t AS SELECT * FROM s.a; SELECT * FROM t JOIN s.b USING (i)",
    ["s.a", "s.b"],
  ],
  [
    "temporary table",
    "CREATE OR REPLACE TEMPORARY TABLE «t» AS SELECT * FROM s.a; INSERT INTO t SELECT * FROM s.b; SELECT * FROM T",
    ["s.a", "s.b"],
  ],
  [
    "temp table that hides a table it reads",
    "CREATE TEMP TABLE t AS SELECT * FROM t; SELECT * FROM t",
    ["t"],
  ],
  [
    "temp table of columns",
    "CREATE TEMP TABLE t (a INT64); INSERT t VALUES (1); SELECT * FROM t, s.a",
    ["s.a"],
  ],
  [
    "temp table hides one part only",
    "CREATE TEMP TABLE t AS SELECT 1 AS i; SELECT * FROM s.t JOIN t USING (i)",
    ["s.t"],
  ],
  ["temp function", "CREATE TEMP FUNCTION f(x INT64) AS (x + 1); SELECT f(a) FROM s.a", ["s.a"]],
  [
    "begin and end",
    "BEGIN SELECT * FROM s.a; INSERT INTO s.t SELECT * FROM s.b; END",
    ["s.a", "s.b"],
  ],
  [
    "exception",
    "BEGIN INSERT INTO s.t SELECT * FROM s.a; EXCEPTION WHEN ERROR THEN INSERT INTO s.log SELECT @@error.message; DELETE FROM s.t WHERE i IN (SELECT i FROM s.b); END;",
    ["s.a", "s.b"],
  ],
  [
    "if",
    "IF (SELECT COUNT(*) FROM s.a) > 0 THEN INSERT INTO s.t SELECT * FROM s.b; ELSEIF EXISTS (SELECT 1 FROM s.c) THEN UPDATE s.t SET x = 1 FROM s.d WHERE TRUE; ELSE DELETE FROM s.t WHERE i IN (SELECT i FROM s.e); END IF;",
    ["s.a", "s.b", "s.c", "s.d", "s.e"],
  ],
  [
    "if with a case in its condition",
    "IF CASE WHEN x THEN TRUE ELSE FALSE END THEN MERGE s.t USING s.a ON FALSE WHEN NOT MATCHED THEN INSERT ROW; END IF",
    ["s.a"],
  ],
  ["while", "WHILE n < 10 DO SET n = n + 1; INSERT INTO s.t SELECT n FROM s.a; END WHILE", ["s.a"]],
  [
    "loop",
    "LOOP DELETE FROM s.t WHERE x IN (SELECT x FROM s.a); IF n > 3 THEN LEAVE; END IF; END LOOP",
    ["s.a"],
  ],
  [
    "repeat",
    "REPEAT UPDATE s.t SET n = 1 FROM s.a WHERE TRUE; UNTIL n > (SELECT m FROM s.b) END REPEAT",
    ["s.a", "s.b"],
  ],
  [
    "for",
    "FOR r IN (SELECT * FROM s.a) DO INSERT INTO s.t SELECT r.x FROM s.b; END FOR",
    ["s.a", "s.b"],
  ],
  [
    "case statement",
    "CASE n WHEN 1 THEN SELECT * FROM s.a; WHEN 2 THEN INSERT INTO s.t SELECT * FROM s.b; ELSE SELECT * FROM s.c; END CASE",
    ["s.a", "s.b", "s.c"],
  ],
  ["label", "again: BEGIN INSERT INTO s.t SELECT * FROM s.a; BREAK again; END again", ["s.a"]],
  [
    "transaction",
    "BEGIN TRANSACTION; DELETE FROM s.t WHERE TRUE; INSERT INTO s.t SELECT * FROM s.a; COMMIT TRANSACTION",
    ["s.a"],
  ],
  [
    "begin with a with",
    "BEGIN WITH x AS (SELECT * FROM s.a) SELECT * FROM x; SELECT * FROM x; END",
    ["s.a", "x"],
  ],
  [
    "case expression in a query of a script",
    "IF TRUE THEN SELECT CASE WHEN a THEN b ELSE c END, t.z FROM s.a t, t.items; END IF",
    ["s.a"],
  ],
  [
    "a written and read table",
    "CREATE TABLE s.t AS SELECT * FROM s.a; SELECT * FROM s.t",
    ["s.a", "s.t"],
  ],
  ["set of several", "SET (a, b) = (SELECT AS STRUCT x, y FROM s.a)", ["s.a"]],
]);

const pipes = cases([
  ["from first", "FROM s.a", ["s.a"]],
  [
    "where and select",
    "FROM s.a |> WHERE x > 1 |> SELECT x, y |> ORDER BY x, y |> LIMIT 10",
    ["s.a"],
  ],
  [
    "join",
    "FROM s.a |> LEFT JOIN s.b USING (i) |> JOIN s.c AS c ON c.i = b.i |> CROSS JOIN s.d",
    ["s.a", "s.b", "s.c", "s.d"],
  ],
  ["select after join", "FROM s.a |> JOIN s.b USING (i) |> SELECT p, q, r", ["s.a", "s.b"]],
  ["aggregate", "FROM s.a |> AGGREGATE COUNT(*) AS n, SUM(x) AS t GROUP BY y, z", ["s.a"]],
  [
    "extend and set",
    "FROM s.a |> EXTEND x + 1 AS y, z |> SET y = 2, z = 3 |> DROP x, w |> RENAME y AS v",
    ["s.a"],
  ],
  [
    "union",
    "FROM s.a |> UNION ALL (SELECT * FROM s.b), (FROM s.c |> WHERE x)",
    ["s.a", "s.b", "s.c"],
  ],
  ["alias", "FROM s.a |> AS t |> JOIN t.items |> WHERE EXISTS (SELECT 1 FROM t.tags)", ["s.a"]],
  ["call", "FROM s.a |> CALL s.f(TABLE s.b, 3) |> CALL s.g()", ["s.a", "s.b"]],
  [
    "subquery",
    "SELECT * FROM (FROM s.a |> WHERE x IN (FROM s.b |> SELECT y)) JOIN s.c USING (i)",
    ["s.a", "s.b", "s.c"],
  ],
  ["with", "WITH x AS (FROM s.a |> LIMIT 1) FROM x |> JOIN s.b USING (i)", ["s.a", "s.b"]],
  ["after select", "SELECT * FROM s.a, s.b |> WHERE x |> AGGREGATE SUM(y), MAX(z)", ["s.a", "s.b"]],
  [
    "pivot and tablesample",
    "FROM s.a |> TABLESAMPLE SYSTEM (1 PERCENT) |> PIVOT(SUM(x) FOR k IN ('a', 'b')) |> SELECT a, b",
    ["s.a"],
  ],
  ["create table as", "CREATE TABLE s.t AS FROM s.a |> WHERE x", ["s.a"]],
  [
    "joins after a union",
    "FROM s.a |> UNION ALL (FROM s.b) |> JOIN s.c USING (i) |> WHERE EXISTS (SELECT 1 FROM s.d)",
    ["s.a", "s.b", "s.c", "s.d"],
  ],
  [
    "fork",
    "FROM s.a |> FORK (|> JOIN s.b USING (i) |> SELECT x, y), (|> WHERE z IN (SELECT z FROM s.c))",
    ["s.a", "s.b", "s.c"],
  ],
  ["bitwise or is no pipe", "SELECT a | b, a || c FROM s.a WHERE x | y > 0", ["s.a"]],
  ["insert from", "INSERT INTO s.t FROM s.a |> SELECT x, y", ["s.a"]],
  ["exists", "SELECT 1 FROM s.a WHERE EXISTS(FROM s.b |> WHERE x)", ["s.a", "s.b"]],
]);

const legacySql: ReferenceCase[] = cases([
  ["bracketed", "SELECT * FROM [acme:shop.visits]", ["acme.shop.visits"]],
  ["bracketed, dashed", "SELECT * FROM [acme-prod:shop.visits] v", ["acme-prod.shop.visits"]],
  ["bracketed without project", "SELECT * FROM [shop.visits]", ["shop.visits"]],
  ["bracketed domain", "SELECT * FROM [acme.com:prod:shop.visits]", ["acme.com:prod.shop.visits"]],
  ["plain", "SELECT * FROM shop.visits", ["shop.visits"]],
  ["plain with project", "SELECT * FROM acme:shop.visits", ["acme.shop.visits"]],
  ["comma is union", "SELECT * FROM [shop.a], [shop.b], shop.c", ["shop.a", "shop.b", "shop.c"]],
  [
    "join each",
    "SELECT * FROM [shop.a] a JOIN EACH [shop.b] b ON a.x = b.x LEFT OUTER JOIN EACH (SELECT * FROM [shop.c]) c ON a.x = c.x",
    ["shop.a", "shop.b", "shop.c"],
  ],
  ["snapshot decorator", "SELECT * FROM [shop.visits@-3600000]", ["shop.visits"]],
  ["range decorator", "SELECT * FROM [acme:shop.visits@-7200000--3600000]", ["acme.shop.visits"]],
  ["partition decorator", "SELECT * FROM [shop.visits$20240101]", ["shop.visits"]],
  [
    "date range",
    "SELECT * FROM TABLE_DATE_RANGE([acme:shop.visits_], TIMESTAMP('2024-01-01'), CURRENT_TIMESTAMP())",
    ["acme.shop.visits_*"],
  ],
  [
    "strict date range",
    "SELECT * FROM (TABLE_DATE_RANGE_STRICT([shop.visits_], DATE_ADD(CURRENT_TIMESTAMP(), -7, 'DAY'), CURRENT_TIMESTAMP()))",
    ["shop.visits_*"],
  ],
  [
    "two date ranges",
    "SELECT * FROM TABLE_DATE_RANGE([s.a_], TIMESTAMP('1'), TIMESTAMP('2')), TABLE_DATE_RANGE([s.b_], TIMESTAMP('1'), TIMESTAMP('2'))",
    ["s.a_*", "s.b_*"],
  ],
  [
    "date range without brackets",
    "SELECT * FROM TABLE_DATE_RANGE(shop.visits_, TIMESTAMP('1'), TIMESTAMP('2'))",
    ["shop.visits_*"],
  ],
  [
    "table query by regexp",
    "SELECT * FROM TABLE_QUERY([acme:shop], 'REGEXP_MATCH(table_id, r\"^visits_20\\d{6}\")')",
    ["acme.shop.visits_20*"],
  ],
  [
    "table query by equality",
    "SELECT * FROM TABLE_QUERY([shop], 'table_id = \"visits\"')",
    ["shop.visits"],
  ],
  [
    "table query by contents",
    "SELECT * FROM TABLE_QUERY(shop, 'table_id CONTAINS \"visits\"')",
    ["shop.*"],
  ],
  [
    "table query by either",
    'SELECT * FROM TABLE_QUERY([shop], \'table_id = "a" OR table_id = "b"\')',
    ["shop.*"],
  ],
  ["flatten", "SELECT * FROM FLATTEN([shop.visits], hits.product)", ["shop.visits"]],
  [
    "flatten a query",
    "SELECT * FROM FLATTEN(FLATTEN((SELECT * FROM [shop.visits]), hits), hits.product) f",
    ["shop.visits"],
  ],
  [
    "brackets around columns",
    "SELECT [hits.page], [from] FROM [shop.visits] WHERE [x.y] IN ([a.b], 1)",
    ["shop.visits"],
  ],
  [
    "slash comments",
    "SELECT 1 // FROM [shop.a]\nFROM [shop.visits] -- , [shop.b]",
    ["shop.visits"],
  ],
  [
    "omit record if",
    "SELECT * FROM [shop.visits] OMIT RECORD IF COUNT(x) > 1 IGNORE CASE",
    ["shop.visits"],
  ],
  [
    "group each by",
    "SELECT x, COUNT(y) WITHIN RECORD FROM [shop.visits] GROUP EACH BY x, y",
    ["shop.visits"],
  ],
  [
    "semi join",
    "SELECT * FROM [s.a] WHERE x IN (SELECT x FROM [s.b]) AND y NOT IN (SELECT y FROM [s.c])",
    ["s.a", "s.b", "s.c"],
  ],
]).map((each) => ({ ...each, legacy: true }));

const others = cases([
  [
    "legacy brackets without the flag",
    "SELECT * FROM [acme:shop.visits] JOIN [shop.b] ON TRUE",
    ["acme.shop.visits", "shop.b"],
  ],
  [
    "legacy by its prefix",
    "#legacySQL\nSELECT * FROM [acme:shop.visits] // FROM [shop.a]",
    ["acme.shop.visits"],
  ],
  ["standard by its prefix", "#standardSQL\nSELECT * FROM shop.visits", ["shop.visits"]],
  ["byte order mark", "\uFEFFSELECT * FROM shop.visits", ["shop.visits"]],
  ["no-break spaces", "SELECT\u00a0*\u00a0FROM\u00a0shop.visits\u00a0WHERE TRUE", ["shop.visits"]],
  [
    "windows newlines",
    "SELECT *\r\nFROM shop.visits -- x\r\nJOIN shop.b USING (i)",
    ["shop.b", "shop.visits"],
  ],
  [
    "property graph",
    "CREATE PROPERTY GRAPH s.g NODE TABLES (s.people KEY (id), s.accounts AS acc LABEL Account PROPERTIES (x, y)) EDGE TABLES (s.owns SOURCE KEY (p) REFERENCES people (id) DESTINATION KEY (a) REFERENCES acc (id))",
    ["s.accounts", "s.owns", "s.people"],
  ],
]);

const groups = {
  names,
  wildcards,
  strings,
  froms,
  notFroms,
  ctes,
  paths,
  setAside,
  statements,
  scripts,
  pipes,
  legacySql,
  others,
};

/** Written for these tests: each asks one question about BigQuery's rules. */
export const referenceCases: ReferenceCase[] = Object.entries(groups).flatMap(([group, members]) =>
  members.map((each) => ({ ...each, name: `${group}: ${each.name}` })),
);
