"""dedup.semantic: near-duplicates by the cosine of the vectors in a column. Floats are doubles added in
the order written here, so that they are the same everywhere; components are rounded to float32."""

import math
import struct
from fractions import Fraction

from aggregate import row_id
from dedup import decide, is_foreign, priority
from embed import NoVector, read_vector
from hashes import mix64, seed_for

EXACT_UP_TO = 10_000  # documents with vectors: one cluster
SAMPLE = 256          # documents for each cluster, of which the centroids are found
RECALL_OF = 200       # documents that are compared with all others
MILLION = 10**6


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def vector_of(document, column):
    """None where there is none."""
    vector = read_vector(document["fields"].get(column))
    return None if vector is None else [float(x) for x in vector]


def unit(values):
    """None for a vector of zeros."""
    squares = 0.0
    for v in values:
        squares += v * v
    return [float32(v / math.sqrt(squares)) for v in values] if squares else None


def cosine(a, b):
    """Of unit vectors. Four sums, each over every fourth product; a product of floats is exact."""
    sums = [0.0] * 4
    for i, (x, y) in enumerate(zip(a, b)):
        sums[i % 4] += x * y
    return (sums[0] + sums[1]) + (sums[2] + sums[3])


def millionths(score):
    """What decides and what the ledger says: the largest whole number, at most a million, that divided
    by a million is not above the score."""
    near = math.floor(score * 1e6)
    return min(next(n for n in (near + 1, near, near - 1) if n / 1e6 <= score), MILLION)


def nearest(vector, centroids, count):
    """Numbers of the centroids of largest cosine, that first; ties: the lower number."""
    return sorted(range(len(centroids)), key=lambda c: (-cosine(vector, centroids[c]), c))[:count]


def train(sample, clusters, iterations):
    """Spherical k-means (Dhillon, Modha 2001) with exact sums: components are whole 2^-30ths."""
    centroids = sample[:clusters]
    for _ in range(iterations):
        sums = [[0] * len(vector) for vector in centroids]
        for vector in sample:
            own = sums[nearest(vector, centroids, 1)[0]]
            for i, x in enumerate(vector):
                own[i] += round(x * 2**30)
        centroids = [unit([float(x) for x in own]) or old for own, old in zip(sums, centroids)]
    return centroids


def sample_hash(document, seed):
    ordinal, offset = document["key"]
    return mix64(seed_for("semantic", seed) ^ (ordinal << 38 | offset))


def semantic(documents, settings, seed, source_order):
    """(drops, edges) as dedup.minhash() has them, and {table: (columns, rows)}."""
    s = {"name": "semantic", "threshold": "0.95", "clusters": "auto", "probes": 2, "iterations": 10, "neighbours": 256,
         "keep": [], "cluster": "witness", "chain": False, "seed": seed, **settings}
    found = [(d, vector_of(d, s["column"])) for d in documents]
    if len({len(v) for _, v in found if v is not None}) > 1:
        raise NoVector("two lengths")
    found = [(d, unit(v)) for d, v in found if v is not None and unit(v) is not None]
    if any(map(is_foreign, documents)) and not any(is_foreign(d) for d, _ in found):
        raise NoVector("nothing to compare with")
    n, clusters = len(found), s["clusters"]
    if clusters == "auto":
        clusters = 1 if n <= EXACT_UP_TO else math.isqrt(n)
    by_hash = [v for _, v in sorted(found, key=lambda pair: sample_hash(pair[0], s["seed"]))]
    centroids = train(by_hash[: SAMPLE * clusters], clusters, s["iterations"])

    def order(pair):
        """As SemDeDup: the farthest from its centroid (hard) or the nearest (easy) stays."""
        if s["keep"] in (["hard"], ["easy"]):
            near = 0 if is_foreign(pair[0]) else cosine(pair[1], centroids[nearest(pair[1], centroids, 1)[0]])
            return (not is_foreign(pair[0]), near if s["keep"] == ["hard"] else -near, pair[0]["key"])
        return priority(pair[0], s["keep"], source_order)

    found.sort(key=order)
    ordered, vectors = [d for d, _ in found], [v for _, v in found]
    members = {}
    for i in range(n):
        for c in nearest(vectors[i], centroids, s["probes"]):
            members.setdefault(c, []).append(i)

    least = math.ceil(Fraction(str(s["threshold"])) * MILLION)
    score_of, neighbours = {}, {}
    for of_cluster in members.values():
        for at, worse in enumerate(of_cluster):
            if is_foreign(ordered[worse]):  # goes for nobody
                continue
            similar = 0
            for better in of_cluster[:at]:  # best first
                score = millionths(cosine(vectors[worse], vectors[better]))
                if score >= least and similar < s["neighbours"]:
                    similar += 1
                    score_of[better, worse] = (score, MILLION)
                    neighbours.setdefault(worse, set()).add(better)
    # Of some documents, the pairs that all others would give, and those of them that share a cluster.
    clusters_of = [set(nearest(v, centroids, s["probes"])) for v in vectors]
    sample = sorted((i for i in range(n) if not is_foreign(ordered[i])), key=lambda i: sample_hash(ordered[i], s["seed"]))[:RECALL_OF]
    pairs = [(a, b) for a in sample for b in range(n) if a != b and millionths(cosine(vectors[a], vectors[b])) >= least]
    row = {"documents": len(sample), "found": sum(bool(clusters_of[a] & clusters_of[b]) for a, b in pairs), "of": len(pairs),
           "probes": s["probes"]}
    recall = {s["name"] + "_recall": (dict.fromkeys(row, "int64"), [(row_id([str(s["probes"])]), row)])}
    return *decide(ordered, neighbours, score_of, s["cluster"], s["chain"]), recall
