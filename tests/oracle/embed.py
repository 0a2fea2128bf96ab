"""embed: vectors of documents. A vector is its float32 numbers as bytes, little-endian."""

import io
import json
import math
import re
from collections import Counter
from fractions import Fraction

import numpy

from hashes import MASK64, hash64, mix64, utf8
from text import nfkc_casefold, words


GOLDEN = 0x9E3779B97F4A7C15


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


def frequencies(settings, tables):
    """({word: how often it occurs, by a list of words}, the sum of all)."""
    counts = Counter()
    for line in tables[settings["frequencies"]][""].decode().splitlines():
        *word, count = line.split() or [""]
        if not word or not re.fullmatch("[0-9]+", count) or int(count) == 0:
            raise NoVector("no word and count")
        counts[nfkc_casefold(" ".join(word))] += int(count)
    if not 0 < counts.total() < 2**53:
        raise NoVector("no counts")
    return counts, counts.total()


def rarities(listed, settings, cache):
    """{feature of a word: 2^16 ln(total / count), rounded}; an unknown word occurs once."""
    if "frequencies" not in settings:
        return {}
    if "frequencies" not in cache:
        cache["frequencies"] = frequencies(settings, cache["tables"])
    counts, total = cache["frequencies"]
    return {hash64(utf8(word)): round(65536 * math.log(total / counts.get(word, 1))) for word in listed}


def features(listed):
    """{feature: how often}"""
    listed = listed[:4096]
    found = Counter(hash64(utf8(word)) for word in listed)
    for word in listed:
        padded = " %s " % word[:16]
        found.update(mix64(hash64(utf8(padded[i : i + n])) ^ 1)
                     for n in (3, 4, 5) for i in range(len(padded) - n + 1))
    found.update(mix64((hash64(utf8(a)) * GOLDEN + hash64(utf8(b))) & MASK64) for a, b in zip(listed, listed[1:]))
    return found


def hashed(listed, dimensions, rarity={}):
    """Four coordinates and signs for each feature, 16 bits of its hash for each."""
    sums, found = [0] * dimensions, features(listed)
    for feature, n in found.items():
        weight, bits = round(65536 * (1 + math.log(min(n, 1024)))), mix64(feature ^ GOLDEN)
        weight = weight * rarity.get(feature, 65536) >> 16
        for c in range(4):
            part = bits >> 16 * c & 0xFFFF
            sums[(part >> 1) * dimensions >> 15] += weight if part & 1 else -weight
    return float32([x / 65536 for x in sums]) if found else None


def table_of(settings, tables):
    """[(word, vector)] in the order of the file."""
    raw = tables[settings["vectors"]][""]
    if settings["vectors"].endswith(".safetensors"):
        end = 8 + int.from_bytes(raw[:8], "little")
        [tensor] = json.loads(raw[8:end]).values()
        matrix = numpy.frombuffer(raw[end:], {"F32": "<f4", "F16": "<f2"}[tensor["dtype"]]).reshape(tensor["shape"])
        listed = tables[settings["words"]][""].decode().splitlines()
        if len(listed) != len(matrix):
            raise NoVector("as many words as vectors")
        return list(zip(listed, matrix.astype("<f4")))
    lines = [line.split() for line in raw.decode().splitlines()]
    header = lines.pop(0) if lines and len(lines[0]) == 2 and all(part.isdigit() for part in lines[0]) else None
    length = int(header[1]) if header else len(lines[0]) - 1 if lines else 0
    if not lines or length < 1 or any(len(line) <= length for line in lines) or header and int(header[0]) != len(lines):
        raise NoVector("no table of words")
    try:
        return [(" ".join(line[:-length]), float32([float(x) for x in line[-length:]])) for line in lines]
    except ValueError as error:
        raise NoVector(str(error)) from error


def dot(a, b):
    total = 0.0
    for x, y in zip(a, b):
        total += float(x) * float(y)
    return total


def rounded(matrix):
    matrix = float32(matrix)
    if not numpy.isfinite(matrix).all():
        raise NoVector("beyond float32")
    return matrix.astype("<f8")


def without_common(matrix, shares, components):
    """Rows without their mean and the directions in which they differ most (Mu and Viswanath 2018), by
    power iteration; shares: how much each row counts."""
    if components >= matrix.shape[1]:
        raise NoVector("nothing would be left")
    total, mean = 0.0, numpy.zeros(matrix.shape[1])
    for share, row in zip(shares, matrix):
        total, mean = total + share, mean + share * row
    matrix = rounded(matrix - mean / total)
    for _ in range(components):
        direction = numpy.array([(mix64(i + 1) >> 12) - 2**51 for i in range(matrix.shape[1])], dtype="<f8") / 2**51
        for _ in range(32):
            next_ = numpy.zeros(matrix.shape[1])
            for share, row in zip(shares, matrix):
                next_ = next_ + share * dot(row, direction) * row
            length = math.sqrt(dot(next_, next_))
            if length == 0:
                return matrix
            direction = next_ / length
        matrix = rounded([row - dot(row, direction) * direction for row in matrix])
    return matrix


def probabilities(listed, settings, tables):
    """Of words as a list of frequencies has them, or by Zipf's law from their lines."""
    if "frequencies" in settings:
        counts, total = frequencies(settings, tables)
        return [counts.get(nfkc_casefold(word), 1) / total for word in listed]
    zipf = 0.0
    for r in range(1, len(listed) + 1):
        zipf += 1 / r
    return [1 / (r * zipf) for r in range(1, len(listed) + 1)]


def word_table(settings, tables):
    """{word: (weight, vector)}; the weight is a / (a + p)."""
    table, a = table_of(settings, tables), float(Fraction(str(settings.get("smoothing", "0.001"))))
    if not table:
        raise NoVector("no words")
    p = probabilities([word for word, _ in table], settings, tables)
    weights, matrix = [a / (a + x) for x in p], rounded([vector for _, vector in table])
    if settings.get("components", 0):
        matrix = without_common(matrix, [x * weight for x, weight in zip(p, weights)], settings["components"])
    return {nfkc_casefold(word): one for (word, _), *one in reversed(list(zip(table, weights, matrix)))}


def static(listed, settings, cache):
    """The mean over known words, each times its weight."""
    if "table" not in cache:
        cache["table"] = word_table(settings, cache["tables"])
    known = [cache["table"][word] for word in listed if word in cache["table"]]
    if not known:
        return None
    sums = numpy.zeros(len(known[0][1]))
    for weight, vector in known:
        sums += weight * vector
    return float32(sums / len(known))


def rows_by_id(settings, tables):
    """{id: row} of a .npy file and a file with an id a line."""
    raw, listed = tables[settings["vectors"]][""], tables[settings["ids"]][""].decode().split("\n")
    listed = [id_.removesuffix("\r") for id_ in (listed if listed[-1] else listed[:-1])]
    try:
        matrix = numpy.load(io.BytesIO(raw), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise NoVector(str(error)) from error
    if matrix.dtype.str not in ("<f2", "<f4", "<f8") or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise NoVector("no matrix")
    if not len(set(listed)) == len(listed) == len(matrix):
        raise NoVector("an id for each row")
    return dict(zip(listed, matrix))


def vector_of_text(text, settings, cache):
    listed = words(text)
    if settings["from"] == "static":
        return static(listed, settings, cache)
    return hashed(listed, settings.get("dimensions", 256), rarities(listed, settings, cache))


def word_begins(text):
    """Where each word begins: the last place where the text can be cut with no more words before it. (A
    code point may be two words.)"""
    whole, places, begins = words(text), {}, [0]
    for at in range(len(text) + 1):
        before = words(text[:at])
        if before + words(text[at:]) == whole:
            places[len(before)] = at
    for k in range(len(whole)):
        begins.append(places.get(k, begins[-1]))
    return begins[1:]


def chunks(text, size, overlap):
    """Pieces of `size` words: from where the first one begins to where the word behind them does."""
    starts, n = [0], len(words(text))
    while starts[-1] + size < n:
        starts.append(starts[-1] + size - overlap)
    begins = word_begins(text) if len(starts) > 1 else []
    return [text[begins[start] if start else 0 : begins[start + size] if start + size < n else None] for start in starts]


def mean_of(vectors):
    """Of those that there are, each of length one."""
    vectors = [unit_length(vector) for vector in vectors if vector is not None]
    total = 0.0
    for vector in vectors:
        total = total + vector.astype("<f8")
    return float32(total / len(vectors)) if vectors else None


def vector_of(document, settings, cache):
    if settings["from"] == "npy":
        if "rows" not in cache:
            cache["rows"] = rows_by_id(settings, cache["tables"])
        row = cache["rows"].get(document["id"])
        return None if row is None else rounded(row).astype("<f4")
    if settings["from"] in ("hashed", "static"):
        if not settings.get("chunk", 0):
            return vector_of_text(document["text"], settings, cache)
        pieces = chunks(document["text"], settings["chunk"], settings.get("overlap", 0))
        return mean_of(vector_of_text(piece, settings, cache) for piece in pieces)
    return read_vector(document["fields"].get(settings["of"]))


def embed(documents, settings, tables=None):
    """The documents with their vectors as a field; tables: file -> {"": content}."""
    column, made, cache = settings["column"], [], {"tables": tables}
    if settings["from"] == "npy":  # the matrix is looked at whether there are documents or not
        vector_of({"id": "", "text": ""}, settings, cache)
    for document in documents:
        if column in document["fields"] and column != settings.get("of"):
            raise NoVector("the column is there already")
        fields = {name: raw for name, raw in document["fields"].items() if name != column}
        vector = vector_of(document, settings, cache)
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
