"""nearest: the documents of another dataset whose vectors are nearest to those of each document."""

import json
import math

from aggregate import row_id
from embed import NoVector
from semantic import EXACT_UP_TO, MILLION, RECALL_OF, SAMPLE, cosine, millionths, nearest, sample_hash, train, unit, vector_of


def key_of(document):
    ordinal, offset = document["key"]
    return ordinal << 38 | offset


def units(documents, column):
    """[(document, unit vector)] of those that have one, and the lengths of all vectors."""
    vectors = [(d, vector_of(d, column)) for d in documents]
    lengths = {len(v) for _, v in vectors if v is not None}
    return [(d, unit(v)) for d, v in vectors if v is not None and unit(v) is not None], lengths


def decimal(score):
    return "%s%d.%06d" % ("-" if score < 0 else "", abs(score) // MILLION, abs(score) % MILLION)


def find(documents, foreign, settings, seed):
    """({document's key: (1, {column: JSON text})}, {table: (columns, rows)})"""
    s = {"k": 10, "name": "nearest", "clusters": "auto", "probes": 8, "iterations": 10, "seed": seed, **settings}
    ours, lengths = units(documents, s["column"])
    theirs, their_lengths = units(foreign, s["column"])
    if len(lengths | their_lengths) > 1:
        raise NoVector("two lengths")
    if not theirs:
        raise NoVector("nothing to compare with")
    clusters = s["clusters"]
    if clusters == "auto":
        clusters = 1 if len(theirs) <= EXACT_UP_TO else math.isqrt(len(theirs))
    by_hash = sorted(theirs, key=lambda one: sample_hash(one[0], s["seed"]))
    centroids = train([v for _, v in by_hash[: SAMPLE * clusters]], min(clusters, len(theirs)), s["iterations"])
    members = {}
    for d, v in theirs:
        members.setdefault(nearest(v, centroids, 1)[0], []).append((d, v))

    def best(vector, among):
        return sorted(among, key=lambda one: (-cosine(vector, one[1]), key_of(one[0])))[: s["k"]]

    found = {key_of(d): best(v, [m for c in nearest(v, centroids, s["probes"]) for m in members.get(c, [])])
             for d, v in ours}
    vector_by_key = {key_of(d): v for d, v in ours}
    added = {}
    for d, _ in ours:
        near = found[key_of(d)]
        if near:
            scores = [millionths(cosine(vector_by_key[key_of(d)], v)) for _, v in near]
            added[d["key"]] = (1, {
                s["name"] + "_ids": "[%s]" % ",".join(json.dumps(n["id"], ensure_ascii=False) for n, _ in near),
                s["name"] + "_scores": "[%s]" % ",".join(map(decimal, scores))})

    sample = sorted(ours, key=lambda one: sample_hash(one[0], s["seed"]))[:RECALL_OF]
    truth = [(key_of(d), key_of(n)) for d, v in sample for n, _ in best(v, theirs)]
    hits = sum(any(key_of(n) == their_key for n, _ in found[key]) for key, their_key in truth)
    row = {"documents": len(sample), "found": hits, "k": s["k"], "of": len(truth)}
    return added, {s["name"] + "_recall": (dict.fromkeys(sorted(row), "int64"), [(row_id([str(s["k"])]), row)])}
