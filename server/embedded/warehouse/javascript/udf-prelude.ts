/**
 * Runs within the sandbox, before the code of users: arguments as BigQuery's documentation says that
 * JavaScript functions get them, results as texts that DuckDB casts. What BigQuery's engine has and
 * this one has not (locales, its time zone) is refused, even where users' code catches errors.
 */
export const prelude = `(() => {
  let refused = null;
  const refuse = (what) => { refused = what; throw new Error("not supported by the local warehouse: " + what); };
  const parse = JSON.parse, stringify = JSON.stringify, RealDate = Date;
  const isDate = (v) => v instanceof RealDate;
  const local = ["getDate","getDay","getFullYear","getHours","getMilliseconds","getMinutes","getMonth","getSeconds","getTimezoneOffset","getYear","setDate","setFullYear","setHours","setMilliseconds","setMinutes","setMonth","setSeconds","setYear","toString","toDateString","toTimeString","toLocaleString","toLocaleDateString","toLocaleTimeString"];
  for (const name of local) Object.defineProperty(Date.prototype, name, { value() { refuse("Date." + name + " (a time zone of its own) in JavaScript"); } });
  const isLocalText = (v) => typeof v === "string" && !/^\\d{4}(-\\d\\d(-\\d\\d)?)?$|Z$|GMT|UTC|[+-]\\d\\d:?\\d\\d$/.test(v.trim());
  function SandboxDate(...args) {
    if (!new.target || args.length > 1 || isLocalText(args[0])) refuse("a Date in a time zone of its own in JavaScript");
    return Reflect.construct(RealDate, args, new.target === SandboxDate ? RealDate : new.target);
  }
  SandboxDate.prototype = RealDate.prototype;
  SandboxDate.now = RealDate.now;
  SandboxDate.UTC = RealDate.UTC;
  SandboxDate.parse = (v) => isLocalText(v) ? refuse("a Date in a time zone of its own in JavaScript") : RealDate.parse(v);
  RealDate.prototype.constructor = SandboxDate;
  globalThis.Date = SandboxDate;
  const locale = () => refuse("locales in JavaScript");
  for (const type of [Number, BigInt, Array, Object]) type.prototype.toLocaleString = locale;
  String.prototype.localeCompare = locale;
  Object.defineProperty(globalThis, "Intl", { get: locale });

  const decode = (value, type) => {
    if (value === null) return null;
    switch (type.kind) {
      case "ARRAY": return value.map((item) => decode(item, type.element));
      case "STRUCT": {
        const object = {};
        for (const field of type.fields) object[field.name] = decode(value[field.name], field.type);
        return object;
      }
      case "FLOAT64": return Number(value);
      case "DATE": return new RealDate(value + "T00:00:00Z");
      case "TIMESTAMP": {
        const date = new RealDate(value.replace(/(\\.\\d{3})\\d+/, "$1"));
        Object.defineProperty(date, "microsecond", { get() { refuse("the field microsecond of a TIMESTAMP in JavaScript"); } });
        return date;
      }
      default: return value;
    }
  };
  const wrong = (value, kind) => {
    let shown;
    try { shown = typeof value === "object" ? stringify(value) : String(value); } catch { shown = "?"; }
    throw new TypeError("Failed to coerce output value " + (typeof value === "string" ? stringify(value) : shown) + " to type " + kind);
  };
  const scalars = {
    STRING: (v) => typeof v === "string" ? v : typeof v === "number" || typeof v === "boolean" ? String(v) : null,
    BYTES: (v) => typeof v === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(v) && v.length % 4 === 0 ? v : null,
    BOOL: (v) => typeof v === "boolean" ? String(v) : null,
    INT64: (v) => (typeof v === "number" && Number.isSafeInteger(v)) || (typeof v === "string" && /^-?\\d{1,19}$/.test(v)) ? String(v) : null,
    FLOAT64: (v) => typeof v === "number" ? (Object.is(v, -0) ? "-0.0" : String(v)) : null,
    NUMERIC: (v) => (typeof v === "number" && Number.isFinite(v)) || (typeof v === "string" && /^-?\\d+(\\.\\d{1,9})?$/.test(v)) ? String(v) : null,
    DATE: (v) => isDate(v) ? v.toISOString().slice(0, 10) : null,
    TIMESTAMP: (v) => isDate(v) ? v.toISOString().replace("T", " ").replace("Z", "+00") : null,
    JSON: (v) => stringify(v) ?? null,
  };
  const encode = (value, type) => {
    if (value === null || value === undefined) return null;
    if (type.kind === "ARRAY") return Array.isArray(value) ? value.map((item) => encode(item, type.element)) : wrong(value, "ARRAY");
    if (type.kind === "STRUCT") {
      if (typeof value !== "object") wrong(value, "STRUCT");
      const object = {};
      for (const field of type.fields) object[field.name] = encode(value[field.name], field.type);
      return object;
    }
    const text = scalars[type.kind](value);
    return text === null ? wrong(value, type.kind) : text;
  };
  const nested = (type) => type.kind === "ARRAY" || type.kind === "STRUCT";
  return (specText) => {
    const spec = parse(specText);
    const body = new Function(...spec.parameters.map((p) => p.name), spec.code);
    return (rowsText) => {
      const answers = parse(rowsText).map((row) => {
        refused = null;
        const args = row.map((value, i) => decode(value, spec.parameters[i].type));
        let text, error = null;
        try {
          const result = encode(body(...args), spec.returns);
          text = result === null ? null : nested(spec.returns) ? stringify(result) : result;
        } catch (thrown) { error = thrown; }
        if (refused !== null) throw new Error("not supported by the local warehouse: " + refused);
        if (error !== null) throw error;
        return text;
      });
      return stringify(answers);
    };
  };
})()`;
