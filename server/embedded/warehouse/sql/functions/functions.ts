import { arrayFunctions } from "./arrays.ts";
import type { FunctionTable } from "./call-site.ts";
import { conditionalFunctions } from "./conditionals.ts";
import { dateFunctions } from "./date-functions.ts";
import { formatFunction } from "./format-function.ts";
import { formatFunctions } from "./format-functions.ts";
import { intervalFunctions } from "./interval-functions.ts";
import { jsonEditFunctions } from "./json-edit.ts";
import { jsonFunctions } from "./json-functions.ts";
import { mathFunctions } from "./math.ts";
import { netFunctions } from "./net.ts";
import { rangeFunctions } from "./range-functions.ts";
import { stringFunctions } from "./strings.ts";
import { timeConstructors } from "./time-constructors.ts";

/** Every scalar function that the local warehouse knows; any other is refused. */
export const functionTable: FunctionTable = Object.assign(
  Object.create(null) as FunctionTable,
  arrayFunctions,
  conditionalFunctions,
  dateFunctions,
  formatFunctions,
  { FORMAT: formatFunction },
  intervalFunctions,
  jsonEditFunctions,
  jsonFunctions,
  mathFunctions,
  netFunctions,
  rangeFunctions,
  stringFunctions,
  timeConstructors,
);
