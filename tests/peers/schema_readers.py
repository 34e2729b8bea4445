"""Reads schemas as jsonschema and fastjsonschema do, and holds documents against both. The argument
names a file: {schemas: {NAME: SCHEMA}, documents: [{schema: NAME, document}]}."""

import json
import sys

import fastjsonschema
import jsonschema

with open(sys.argv[1]) as file:
    given = json.load(file)
readers = {}
for name, schema in given["schemas"].items():
    kind = jsonschema.validators.validator_for(schema, default=None)
    kind.check_schema(schema)
    readers[name] = {
        "jsonschema": kind(schema).validate,
        "fastjsonschema": fastjsonschema.compile(schema),
    }
refused = []
for one in given["documents"]:
    for reader, validate in readers[one["schema"]].items():
        try:
            validate(one["document"])
        except (jsonschema.ValidationError, fastjsonschema.JsonSchemaException) as why:
            refused.append(f"{reader}: {one['schema']}: {why}")
print(json.dumps({"read": len(readers), "refused": refused}))
