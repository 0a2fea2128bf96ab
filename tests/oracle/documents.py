"""Input files to documents: which records there are, their ids, fields and quarantine reasons."""

import gzip
import json
import re

import zstandard

from hashes import hash128_hex, utf8

JSON_SPACE = " \t\n\r"
DECODER = json.JSONDecoder(parse_constant=lambda name: _refuse(name))
RESERVED = ("id", "source", "text")


def _refuse(name):
    raise ValueError(name)


class FileFailure(Exception):
    """A file that cannot be read as a whole: nothing of it counts."""


def decode(raw):
    """The decoded stream of a file, compressed or not (by content, not by name)."""
    try:
        if raw[:2] == b"\x1f\x8b":
            return gzip.decompress(raw)
        if raw[:4] == b"\x28\xb5\x2f\xfd":
            reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            return reader.read()
    except Exception as error:
        raise FileFailure(str(error)) from error
    return raw


def top_level(line):
    """(name, raw JSON text, value) of each member of the object in `line`; ValueError if none."""
    json.loads(line, parse_constant=_refuse)  # the whole line must be one JSON value

    def skip(i):
        while line[i] in JSON_SPACE:
            i += 1
        return i

    i = skip(0)
    if line[i] != "{":
        raise ValueError("not an object")
    members, i = [], skip(i + 1)
    while line[i] != "}":
        name, i = DECODER.raw_decode(line, i)
        start = skip(skip(i) + 1)  # over the colon
        value, end = DECODER.raw_decode(line, start)
        members.append((name, line[start:end], value))
        i = skip(end)
        if line[i] == ",":
            i = skip(i + 1)
    return members


def number_fits(raw):
    if re.fullmatch(r"-?\d+", raw):
        return -(2**63) <= int(raw) < 2**64
    return float(raw) not in (float("inf"), float("-inf"))


def readable(value):
    """No lone surrogates, no numbers outside what int64, uint64 and float64 hold."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        return all(readable(k) and readable(v) for k, v in value.items())
    elif isinstance(value, list):
        return all(readable(v) for v in value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return -(2**63) <= value < 2**64
    elif isinstance(value, float):
        return value not in (float("inf"), float("-inf"))
    return True


def parse_record(line, columns):
    """(id or None, text, fields) of one record, or raises ValueError(reason)."""
    try:
        members = top_level(line)
        if not all(readable(name) and readable(value) for name, _, value in members):
            raise ValueError("number out of range")
    except (ValueError, RecursionError) as error:
        raise ValueError("invalid_json") from error
    column_of = {field: column for column, field in columns.items()}
    found = {}
    for name, raw, value in members:
        if name in column_of:
            column = column_of[name]
        elif name in RESERVED and (name == "source" or name in columns):
            column = "field." + name
        else:
            column = name
        found[column] = (raw, value)  # the last one wins
    found = {column: pair for column, pair in found.items() if pair[1] is not None}
    if "text" not in found:
        raise ValueError("missing_text")
    text = found.pop("text")[1]
    if not isinstance(text, str):
        raise ValueError("text_not_string")
    raw, value = found.pop("id", (None, None))
    id_ = value if isinstance(value, str) else raw
    return id_, text, {column: pair[0] for column, pair in found.items()}


def made_id(source, relative, text):
    return hash128_hex(utf8(source) + b"\0" + utf8(relative) + b"\0" + utf8(text))


def read_file(source, relative, ordinal, raw):
    """All documents of a file and [(offset, reason)] of what could not be read."""
    stream, documents, quarantined = decode(raw), [], []

    def add(offset, id_, text, fields):
        if id_ is None:
            id_ = made_id(source["name"], relative, text)
        documents.append({"key": (ordinal, offset), "id": id_, "source": source["name"],
                          "text": text, "fields": fields})

    skip = 3 if stream.startswith(b"\xef\xbb\xbf") else 0
    limit = source.get("max_record", 16 << 20)
    if source.get("format", "jsonl") == "text":
        body = stream[skip:]
        if not body:
            return documents, quarantined
        try:
            if len(body) > limit:
                raise ValueError("too_long")
            if b"\0" in body[: 8 << 10]:
                raise ValueError("binary")
            if b"\0" in body:
                raise ValueError("invalid_utf8")
            add(0, None, _valid_utf8(body), {})
        except ValueError as error:
            quarantined.append((0, str(error)))
        return documents, quarantined

    offset = 0
    for line in stream.split(b"\n"):
        body = line[skip:] if offset == 0 else line
        if body.strip(JSON_SPACE.encode()):
            try:
                if len(body) > limit:
                    raise ValueError("too_long")
                add(offset, *parse_record(_valid_utf8(body), source.get("columns", {})))
            except ValueError as error:
                quarantined.append((offset, str(error)))
        offset += len(line) + 1
    return documents, quarantined


def _valid_utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("invalid_utf8") from error
