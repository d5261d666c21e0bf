"""What the fuzzer is told beyond a document: ids that exist, so that it reaches more than refusals.

QUITTANCE_ACCESS names the access file of the server under test, QUITTANCE_DIALECT the dialect whose document is read. In three of four
cases a path or query parameter that the document marks with `x-example-of` gets an id of the demo's book; in the fourth it stays what
the fuzzer drew. The credentials come from the same file.
"""

import atexit
import collections
import json
import os
import random
import urllib.request

import schemathesis

ACCESS = json.load(open(os.environ["QUITTANCE_ACCESS"], encoding="utf-8"))
DIALECT = os.environ["QUITTANCE_DIALECT"]
OWN = ACCESS[DIALECT]
# Repeats with the fuzzer's own seed.
CHANCE = random.Random(20)


def invoices(dialect):
    return [id for ids in ACCESS[dialect]["fixtures"].values() for id in ids]


# What stands for the words of `x-example-of`.
KNOWN = {
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


def stored(path, words):
    """The id of what a request of HighLevel's makes: nothing in the demo's book says where its templates and the like are."""
    order = {
        "altId": OWN["alt_id"],
        "altType": "location",
        "name": "Retainer",
        "businessDetails": {"name": "Acme"},
        "currency": "USD",
        "items": [{"name": "Hour", "currency": "USD", "amount": 40, "qty": 3}],
        "discount": {"type": "percentage", "value": 10},
        **words,
    }
    headers = {**OWN["auth"], "Version": "v3", "Content-Type": "application/json"}
    request = urllib.request.Request(ACCESS["base_url"] + path, json.dumps(order).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["_id"]


def know_what_is_stored():
    contact = {"id": OWN["contact_id"], "name": "Alex", "phoneNo": "", "email": "alex@example.com"}
    rule = {"intervalType": "monthly", "interval": 1, "startDate": "2026-03-16"}
    recurring = {"contactDetails": contact, "liveMode": True, "schedule": {"rrule": rule}}
    offered = {"contactDetails": contact, "frequencySettings": {"enabled": False}}
    several = range(8)
    KNOWN["template.hex"] = [stored(path, {}) for path in ("/invoices/template", "/invoices/estimate/template") for _ in several]
    KNOWN["schedule.hex"] = [stored("/invoices/schedule", recurring) for _ in several]
    KNOWN["estimate.hex"] = [stored("/invoices/estimate", offered) for _ in several]


if DIALECT == "highlevel":
    know_what_is_stored()


def with_known(context, values, place):
    if values is None:
        return values
    definition = context.operation.definition.raw
    for parameter in marked(context.operation, definition, place):
        known = KNOWN.get(parameter["x-example-of"])
        if known and parameter["name"] in values and CHANCE.random() < 0.75:
            values[parameter["name"]] = CHANCE.choice(known)
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
