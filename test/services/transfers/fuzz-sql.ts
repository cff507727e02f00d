import type { DatabaseKind } from "../../../shared/database.ts";

/*
 * Texts that someone could write as an import's SQL, the same ones for the same seed: clauses that a
 * grammar makes and that are valid, such clauses with something hostile put into them, and hostile
 * pieces one after another.
 */

const pieces = [
  ..."' '' ''' \" \"\" ` `` \\ \\' \\\\ \\\" ; ;; -- # /* */ /*! */ /*!50000 ( ) (( )) [ ] { } , . : :: $1 $$ ? @ @@ % & | || = != <> < > ~ ^ ! \0 \n \r \t".split(
    " ",
  ),
  ..."\u00a0 \u2028 \u200b \ufeff \ufffd \u02bc \u2019 \uff07 \u00bf' é 漢 😀 x'27' 0x27 b'1' E' e'\\' U&' N' _utf8mb4' _gbk' q'[ $tag$".split(
    " ",
  ),
  ..."or 1=1|and 1=0|union select secret from u|union all select * from u|; drop table u|; delete from t|into outfile '/tmp/x'|for update|lock in share mode|procedure analyse()|order by 1|group by 1|having 1=1|limit 1|offset 1|select|from|where|null|true|like '%'|escape '|in (1)|between 1 and 2|is null|not|case when 1 then 2 end|cast(a as char)|a::text|interval '1 day'|date '2024-01-01'|(select secret from u)|exists (select 1 from u)|sleep(9)|pg_sleep(9)|benchmark(9, 1)|load_file('/etc/passwd')|pg_read_file('/etc/passwd')|@@version|current_user|version()|u.secret|t.*|*|$$; drop table u; $$|copy t to '/tmp/x'|set role x|begin|commit|\\g|\\x27|%27|&#39;|1e9|1.|.5|-1|--1|- -1|a|b|s|id|t.a|\"a\"|\"A\"|`a`".split(
    "|",
  ),
];

const texts = [
  ..."|x|'|''|\\|\\'|\\\\|\"|`|;|--|#|/*|*/|/*!50000 select 1 */|%|_|\\%|\\_|é|漢字|😀|\u00bf'|\u0000|\n|\r\n|\t|\u001a|null|NULL|0|-1|1e5|2024-02-29|'; drop table u; --|' or '1'='1|\\' union select secret from u -- |x' or 1=1 #|$$|$1|?|:name|@x|@@version|0x27|{}|[]|\u2028|\ufeff|%s|${x}".split(
    "|",
  ),
  "a".repeat(3_000),
];

/** Functions of one argument that both a text and a number fit into, and of two. */
const calls: Record<DatabaseKind, { text: string[]; number: string[]; pair: string[] }> = {
  postgres: {
    text: ["lower", "upper", "trim", "md5", "reverse", "btrim", "initcap"],
    number: ["abs", "ceil", "floor", "round", "sign", "trunc"],
    pair: ["coalesce", "nullif", "greatest", "least"],
  },
  mysql: {
    text: ["lower", "upper", "trim", "md5", "reverse", "hex", "sha1"],
    number: ["abs", "ceil", "floor", "round", "sign"],
    pair: ["coalesce", "nullif", "greatest", "least", "ifnull"],
  },
};

export function createSqlFuzz(kind: DatabaseKind, seed: number): (at: number) => string {
  const random = mulberry32(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const functions = calls[kind];

  const literal = () => `'${one(texts).replaceAll("'", "''")}'`;
  const number = () =>
    one(["0", "1", "-1", "5", "2.5", ".5", "12345678901234567890", String(below(1_000))]);
  const text = (depth: number): string =>
    depth <= 0 || below(3) === 0
      ? one([literal, literal, () => "s", () => "t.s", () => '"s"'])()
      : one([
          () => `${one(functions.text)}(${text(depth - 1)})`,
          () => `(${text(depth - 1)} || ${text(depth - 1)})`,
          () => `${one(functions.pair)}(${text(depth - 1)}, ${text(depth - 1)})`,
          () =>
            `case when ${condition(depth - 1)} then ${text(depth - 1)} else ${text(depth - 1)} end`,
          () => `replace(${text(depth - 1)}, ${literal()}, ${literal()})`,
          () => `substring(s, ${1 + below(5)}, ${below(5)})`,
          () => `cast(${value(depth - 1)} as ${kind === "mysql" ? "char" : "text"})`,
        ])();
  const value = (depth: number): string =>
    depth <= 0 || below(3) === 0
      ? one([number, number, () => one(["a", "b", "n", "id", "t.a"])])()
      : one([
          () => `(${value(depth - 1)} ${one(["+", "-", "*"])} ${value(depth - 1)})`,
          () => `${one(functions.number)}(${value(depth - 1)})`,
          () => `-${value(depth - 1)}`,
          () => `${one(functions.pair)}(${value(depth - 1)}, ${value(depth - 1)})`,
          () => `length(${text(depth - 1)})`,
          () => `extract(year from d)`,
          () => `case ${value(depth - 1)} when 1 then 2 else ${value(depth - 1)} end`,
        ])();
  const condition = (depth: number): string =>
    depth <= 0
      ? `${text(0)} ${one(["=", "<>", "<", ">="])} ${text(0)}`
      : one([
          () => `(${condition(depth - 1)} ${one(["and", "or"])} ${condition(depth - 1)})`,
          () => `not ${condition(depth - 1)}`,
          () => `${value(depth - 1)} ${one(["=", "!=", "<", "<=", ">", ">="])} ${value(depth - 1)}`,
          () => `${text(depth - 1)} = ${text(depth - 1)}`,
          () => `${text(depth - 1)} ${one(["like", "not like"])} ${literal()}`,
          () => `${value(depth - 1)} ${one(["in", "not in"])} (${value(0)}, ${value(0)}, null)`,
          () => `${text(depth - 1)} in (${literal()}, ${literal()})`,
          () => `${value(depth - 1)} between ${value(0)} and ${value(0)}`,
          () => `${one(["a", "b", "s", "d"])} is ${one(["null", "not null"])}`,
        ])();
  const alias = () =>
    `"${one([...texts, ...pieces])
      .slice(0, 20)
      .replaceAll('"', '""')}x"`;
  const valid = () =>
    `select ${one(["*", "t.*", "a, s", `${text(1)} as ${alias()}`, `${value(1)} as v`])} from ${one(["t", '"t"', "t as t"])} where ${condition(1 + below(3))}${one(["", "", " limit 5"])}`;
  const hostile = () =>
    Array.from({ length: 1 + below(8) }, () => one(pieces)).join(one([" ", " ", ""]));
  const mutated = () => {
    const sql = valid();
    const at = below(sql.length + 1);
    return (
      sql.slice(0, at) +
      one([hostile, () => one(pieces), () => one(texts)])() +
      sql.slice(at + one([0, 0, 1, 5]))
    );
  };
  const shapes = [
    () => `select a from t where ${hostile()}`,
    () => `select a from t where s = '${hostile()}'`,
    () => `select a from t where s = '${hostile()}' ${hostile()}`,
    () => `select ${hostile()} from t`,
    () => `select a from ${hostile()}`,
    () => `select a as ${alias()}, s as "${hostile()}" from t`,
    () => `select a from t as "${hostile()}"`,
    () => `select "${hostile()}" from t`,
    () => `select a from t ${hostile()}`,
    hostile,
    mutated,
    mutated,
    mutated,
  ];
  return (at) => (at % 5 < 2 ? valid() : one(shapes)());
}

/** A small generator of numbers from 0 to 1 (Tommy Ettinger's, in the public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
