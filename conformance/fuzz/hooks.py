"""What the fuzzer is told beyond a document: ids that exist, so that it reaches more than refusals.

QUITTANCE_ACCESS names the access file of the server under test, QUITTANCE_DIALECT the dialect whose document is read. In three of four
cases a path or query parameter that the document marks with `x-example-of` gets an id of the demo's book; in the fourth it stays what
the fuzzer drew. Documents of other kinds are made before (`stored.py`). The credentials come from the same file.
"""

import atexit
import collections
import datetime
import json
import os
import random

import schemathesis
import stored

ACCESS = json.load(open(os.environ["QUITTANCE_ACCESS"], encoding="utf-8"))
DIALECT = os.environ["QUITTANCE_DIALECT"]
OWN = ACCESS[DIALECT]
# Repeats with the fuzzer's own seed.
CHANCE = random.Random(20)


def invoices(dialect):
    return [id for ids in ACCESS[dialect]["fixtures"].values() for id in ids]


# What stands for the words of `x-example-of`.
KNOWN = {
    "today": [stored.TODAY],
    "now": [datetime.datetime.now(datetime.timezone.utc).isoformat()],
    "book.uuid": [ACCESS["layer"]["business_id"]],
    "book.hex": [ACCESS["highlevel"]["alt_id"]],
    "book.integer": [ACCESS["campfire"]["entity"]],
    "invoice.uuid": invoices("layer") + invoices("moov"),
    "invoice.hex": invoices("bookeeping") + invoices("highlevel"),
    "invoice.integer": invoices("campfire"),
    "customer.uuid": [ACCESS["layer"]["customer_id"], ACCESS["moov"]["customer_account_id"]],
    "customer.hex": [ACCESS["bookeeping"]["counter_party"], ACCESS["highlevel"]["contact_id"]],
    "customer.integer": [ACCESS["campfire"]["client"]],
    "product.integer": [ACCESS["campfire"]["product"]],
    "category": [ACCESS["bookeeping"]["category"]],
    "account": [ACCESS["bookeeping"]["account"]],
}


# Ids that belong together, such as an invoice and its payment: by the words that mark the parameters of one path.
TOGETHER = {}
for words, ids in stored.make(ACCESS, DIALECT).items():
    if isinstance(words, tuple):
        TOGETHER[words] = ids
    else:
        KNOWN[words] = ids


def with_known(context, values, place):
    if values is None:
        return values
    definition = context.operation.definition.raw
    parameters = [parameter for parameter in marked(context.operation, definition, place) if parameter["name"] in values]
    for parameter in parameters:
        known = KNOWN.get(parameter["x-example-of"])
        if known and CHANCE.random() < 0.75:
            values[parameter["name"]] = CHANCE.choice(known)
    names = {parameter["x-example-of"]: parameter["name"] for parameter in parameters}
    for words, several in TOGETHER.items():
        if set(words) <= set(names) and CHANCE.random() < 0.75:
            values.update(zip((names[word] for word in words), CHANCE.choice(several)))
    return values


def marked(operation, definition, place):
    root = operation.schema.raw_schema
    for parameter in definition.get("parameters", []):
        if "$ref" in parameter:
            parameter = root["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
        if parameter["in"] == place and "x-example-of" in parameter:
            yield parameter


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_known(context, path_parameters, "path")


@schemathesis.hook
def map_query(context, query):
    return with_known(context, query, "query")


def replaced(root, schema, value):
    """The body with ids of the book where its schema marks them."""
    while "$ref" in schema and "x-example-of" not in schema:
        schema = root["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "x-example-of" in schema:
        known = KNOWN.get(schema["x-example-of"])
        return CHANCE.choice(known) if known and CHANCE.random() < 0.75 else value
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {name: replaced(root, inner[name], member) if name in inner else member for name, member in value.items()}
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [replaced(root, schema["items"], item) for item in value]
    return value


@schemathesis.hook
def map_body(context, body):
    content = context.operation.definition.raw.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None or not isinstance(body, (dict, list)):
        return body
    return replaced(context.operation.schema.raw_schema, schema, body)


@schemathesis.auth()
class Credentials:
    """The demo's own header of the dialect."""

    def get(self, case, context):
        return OWN["auth"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers.update({name: value for name, value in data.items() if name.lower() == "authorization"})


REACHED = collections.Counter()


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code < 300:
        REACHED[case.operation.label] += 1
    REACHED["calls"] += 1


@atexit.register
def say_what_was_reached():
    """How many operations were done at least once: refusals alone would prove little."""
    done = len(REACHED) - 1
    successes = sum(REACHED.values()) - REACHED["calls"]
    if REACHED:
        print(f"{DIALECT}: {REACHED['calls']} calls, {successes} of them carried out, {done} operations done at least once")
