// Reads schemas as Ajv in its strict mode and the converter of zod do, and holds documents against
// both. The argument names a file: {schemas: {NAME: SCHEMA}, documents: [{schema: NAME, document}]}.
import Ajv2020 from "ajv/dist/2020.js";
import * as zod from "zod";
import { readFileSync } from "node:fs";

const { schemas, documents } = JSON.parse(readFileSync(process.argv[1], "utf8"));
const readers = Object.entries(schemas).map(([name, schema]) => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
  const made = zod.fromJSONSchema(schema);
  return [name, { ajv, zod: (document) => made.safeParse(document).success }];
});
const known = Object.fromEntries(readers);
const refused = [];
for (const { schema, document } of documents) {
  for (const [reader, takes] of Object.entries(known[schema])) {
    if (!takes(document)) refused.push(`${reader}: ${schema}`);
  }
}
console.log(JSON.stringify({ read: readers.length, refused }));
