"""embed: vectors of documents. A vector is its float32 numbers as bytes, little-endian."""

import json
import math

import numpy


class NoVector(Exception):
    """A value that is no vector, a second length, or a name that is taken: exit code 4."""


def float32(numbers):
    with numpy.errstate(over="ignore"):
        return numpy.array(numbers, dtype="<f4")


def unit_length(vector):
    squares = 0.0
    for x in vector:
        squares += float(x) * float(x)
    return vector if squares == 0 else float32([float(x) / math.sqrt(squares) for x in vector])


def read_vector(raw):
    """None for an absent value; raw: JSON text, or a vector."""
    if raw is None or isinstance(raw, bytes):
        return raw if raw is None else numpy.frombuffer(raw, "<f4")
    numbers = json.loads(raw)
    if not isinstance(numbers, list) or not numbers or any(type(x) not in (int, float) for x in numbers):
        raise NoVector("no array of numbers")
    vector = float32([float(x) for x in numbers])
    if not numpy.isfinite(vector).all():
        raise NoVector("beyond float32")
    return vector


def vector_of(document, settings):
    return read_vector(document["fields"].get(settings["of"]))


def embed(documents, settings):
    """The documents with their vectors as a field."""
    column, made = settings["column"], []
    for document in documents:
        if column in document["fields"] and column != settings.get("of"):
            raise NoVector("the column is there already")
        fields = {name: raw for name, raw in document["fields"].items() if name != column}
        vector = vector_of(document, settings)
        if vector is not None:
            vector = unit_length(vector) if settings.get("normalize", True) else vector
            fields[column] = vector.tobytes()
        made.append(dict(document, fields=fields))
    if len({len(d["fields"][column]) for d in made if column in d["fields"]}) > 1:
        raise NoVector("two lengths")
    return made


def bad_names(steps):
    """Columns of vectors that steps read as values, join, or make twice."""
    made = {s["column"] for n, s in steps if n == "embed"}
    before = set()
    for name, settings in steps:
        if name == "embed":
            if settings["column"] in before and settings.get("of") != settings["column"]:
                return True
            before.add(settings["column"])
        read = columns_read(name, settings or {})
        if read & (made if name == "split" else before):
            return True
        if name == "join" and made & set(settings.get("columns", ())):
            return True
    return False


def columns_read(name, settings):
    read = {rule.split(":")[1] for rule in settings.get("keep", []) if ":" in rule}
    if name == "filter" and "where" in settings:
        read.add(settings["where"].split()[0])
    if name == "join":
        read |= set(settings["on"])
    if name == "aggregate":
        by = settings["by"]
        read |= {by} if isinstance(by, str) else set(by)
        read |= {v.split(":")[1] for v in settings["values"].values() if ":" in v}
    if name == "split":
        by = settings.get("group_by", [])
        read |= {by} if isinstance(by, str) else set(by)
    return read
