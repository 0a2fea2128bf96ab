"""The keep rule and the two deduplications: every drop has one kept, verified, named witness."""

import json
from fractions import Fraction

from hashes import seed_for
from text import shingle_hash, shingles, signature

PRESETS = {  # unit, shingle size, bands, rows, threshold
    "fineweb": ("words", 5, 14, 8, "0.75"), "dolma3": ("words", 5, 26, 11, "0.8"),
    "bigcode": ("words", 5, 25, 10, "0.7"), "nemo": ("characters", 24, 20, 13, "0.8"),
    "lee2021": ("words", 5, 450, 20, "0.8")}


def is_foreign(document):
    return document.get("foreign", False)


def priority(document, keep, source_order):
    """Smaller is better. Foreign documents precede ours; a value we do not have is worst."""
    if is_foreign(document):
        return (0, (), document["key"])
    ranks = []
    for rule in keep:
        name, _, column = rule.partition(":")
        if name == "source":
            ranks.append((0, source_order.index(document["source"])))
        elif name in ("longest", "shortest"):
            length = len(document["text"])
            ranks.append((0, -length if name == "longest" else length))
        else:
            ranks.append(_rank(document, column, descending=name in ("newest", "highest")))
    return (1, tuple(ranks), document["key"])


def _rank(document, column, descending):
    """Numbers before strings before what is missing; strings by their first 23 bytes."""
    if column in ("id", "source", "text"):
        value = document[column]
    else:
        value = json.loads(document["fields"].get(column, "null"))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (1, -float(value) if descending else float(value))
    if isinstance(value, str):
        head = value.encode()[:23].ljust(23, b"\0")
        return (2, bytes(255 - b for b in head) if descending else head)
    return (3, 0)


def exact(documents, settings, source_order):
    """Yields (document, witness, score) for each copy; exact equality of the text at this step."""
    best = {}
    for document in sorted(documents, key=lambda d: priority(d, settings.get("keep", []), source_order)):
        witness = best.setdefault(document["text"], document)
        if witness is not document and not is_foreign(document):
            yield document, witness, (1, 1)


def resolve_minhash_settings(settings, seed):
    unit, size, bands, rows, threshold = PRESETS[settings.get("preset", "dolma3")]
    unit = settings.get("unit", unit)
    return {"unit": unit, "size": settings.get("shingle", size), "bands": settings.get("bands", bands),
            "rows": settings.get("rows", rows),
            "threshold": Fraction(str(settings.get("threshold", threshold))),
            "measure": settings.get("measure", "jaccard"), "verify": settings.get("verify", True),
            "cluster": settings.get("cluster", "witness"), "keep": settings.get("keep", []),
            "seed": settings.get("seed", seed), "head": settings.get("bucket_head", 256)}


def candidates(ordered, bands_of, head):
    """Index pairs (better, worse) into `ordered` (best first) that share a band.

    In a bucket everybody is compared with the first `head`; the others meet again only where they
    share a second band too (one level, same rule), so a hot bucket costs head pairs a document.
    """
    def meet(members):
        return {(c, d) for i, d in enumerate(members) for c in members[: min(i, head)]}

    def buckets(members, band):
        groups = {}
        for m in members:
            groups.setdefault(bands_of[m][band], []).append(m)
        return groups.values()

    pairs, n_bands = set(), len(bands_of[0]) if bands_of else 0
    with_shingles = [i for i in range(len(ordered)) if bands_of[i]]
    for band in range(n_bands):
        for bucket in buckets(with_shingles, band):
            pairs |= meet(bucket)
            for second in range(band + 1, n_bands if len(bucket) > head else 0):
                for inner in buckets(bucket[head:], second):
                    pairs |= meet(inner)
    return {(c, d) for c, d in pairs if not is_foreign(ordered[d])}


def minhash(documents, settings, seed, source_order):
    """(drops, edges): drops as in exact(); edges = every similar pair that was found (better, worse)."""
    s = resolve_minhash_settings(settings, seed)
    ordered = sorted(documents, key=lambda d: priority(d, s["keep"], source_order))
    sets = [shingles(d["text"], s["unit"], s["size"]) for d in ordered]
    hash_seed = seed_for("minhash", s["seed"])
    rows = s["rows"]
    signatures = [signature({shingle_hash(x, s["size"]) for x in z}, s["bands"] * rows, hash_seed)
                  for z in sets]
    with_words = [i for i, z in enumerate(sets) if z]
    ordered, sets = [ordered[i] for i in with_words], [sets[i] for i in with_words]
    bands_of = [tuple(signatures[i][b * rows : (b + 1) * rows] for b in range(s["bands"]))
                for i in with_words]

    score_of, neighbours = {}, {}
    for better, worse in sorted(candidates(ordered, bands_of, s["head"])):
        if s["verify"]:
            common = len(sets[better] & sets[worse])
            whole = len(sets[better] | sets[worse]) if s["measure"] == "jaccard" else len(sets[worse])
            if Fraction(common, whole) < s["threshold"]:
                continue
            score_of[better, worse] = (common, whole)
        neighbours.setdefault(worse, []).append(better)
    return decide(ordered, neighbours, score_of, s["cluster"])


def decide(ordered, neighbours, score_of, cluster, chain=False):
    """(drops, edges) of documents (best first), who is similar to which better ones, and how much.
    chain: also those go beside which only documents stand that go themselves."""
    edges = [(ordered[c], ordered[d]) for d, cs in neighbours.items() for c in cs]
    witness_of = {}
    if cluster == "components":
        root = components(range(len(ordered)), [(c, d) for d, cs in neighbours.items() for c in cs])
        witness_of = {d: root[d] for d in range(len(ordered)) if root[d] != d}
    elif chain:
        witness_of = {d: min(cs) for d, cs in neighbours.items()}
    else:  # the lexicographically first maximal independent set
        for worse in range(len(ordered)):
            kept = [c for c in neighbours.get(worse, []) if c not in witness_of]
            if kept:
                witness_of[worse] = min(kept)
    drops = [(ordered[d], ordered[c], score_of.get((c, d))) for d, c in witness_of.items()
             if not is_foreign(ordered[d])]
    return drops, edges


def components(nodes, edges):
    """node -> smallest node of its connected component."""
    parent = {n: n for n in nodes}

    def find(n):
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for a, b in edges:
        a, b = find(a), find(b)
        parent[max(a, b)] = min(a, b)
    return {n: find(n) for n in parent}
