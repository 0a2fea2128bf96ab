"""What decontaminate says of its search: by item, by source, by threshold, and how much it finds of
items that it has edited and planted itself. Every function gives (columns, [(row id, row)])."""

import re
import string
from collections import Counter

from aggregate import row_id
from hashes import hash64, utf8
from text import words

PERCENTS = range(50, 101, 5)
CLASSES = [("3-7", 3, 7), ("8-12", 8, 12), ("13-24", 13, 24), ("25+", 25, 500)]  # words of an item
MOST_SHOWN = 50
MOST_HOSTS = 256


SCORES = ["aligned", "part", "short", "ngram", "coverage", "idf"]


def names(vectors):
    return SCORES + ["embedding"] * bool(vectors)


def benchmarks_of(item):
    return {name.split("/", 1)[0] for name in item.names}


def rows(types, keys, made):
    return types, [(row_id([str(row[key]) for key in keys]), row) for row in made]


def is_common(dirty, documents):
    """Text that many documents have is no leak of an item."""
    return dirty > 10 and 10_000 * dirty > documents


def item_table(items, unsearchable, hits, documents):
    types = {"benchmark": "utf8", "common": "bool", "detector": "utf8", "dirty": "int64", "document": "utf8", "item": "utf8", "longest": "int64",
             "partly": "int64", "same_as": "utf8", "score_den": "int64", "score_num": "int64", "state": "utf8", "words": "int64"}
    made = [(name, {"state": "unsearchable"}) for name in unsearchable]
    for item in items:
        found = [(document, hit, scores) for document, hit, scores in hits if hit.item is item]
        dirty = sum("decision" in scores for _, _, scores in found)
        state = "dirty" if dirty else "partly" if found else "clean" if item.seeds else "unsearchable"
        row = {"state": state, "words": len(item.words), "dirty": dirty, "partly": len(found) - dirty,
               "common": is_common(dirty, documents)}
        if found:
            document, hit, scores = best(found)
            row.update(detector=scores.get("decision"), document="%d:%d" % document["key"], longest=max(hit.run for _, hit, _ in found),
                       score_num=hit.weight, score_den=item.total)
        # The ledger has an item by its first name.
        made += [(name, dict(row, same_as=None if name == item.names[0] else item.names[0])) for name in item.names]
    split = [(name.split("/", 1), row) for name, row in made]
    return rows(types, ["benchmark", "item"], [dict(row, benchmark=b, item=i) for (b, i), row in split])


def best(found):
    """Where a score decides, and of these where an item has most weight, and of these the first."""
    return min(found, key=lambda one: ("decision" not in one[2], -one[1].weight, one[0]["key"]))


def source_table(hits):
    """By benchmark and source: documents with an item, others that hold one in part, and its items."""
    types = {"benchmark": "utf8", "dirty": "int64", "items": "int64", "partly": "int64", "source": "utf8"}
    dirty, partly, found = {}, {}, {}
    for document, hit, scores in hits:
        for benchmark in benchmarks_of(hit.item):
            at = benchmark, document["source"]
            (dirty if "decision" in scores else partly).setdefault(at, set()).add(document["key"])
            found.setdefault(at, set())
            if "decision" in scores:
                found[at] |= {name for name in hit.item.names if name.startswith(benchmark + "/")}
    made = [{"benchmark": at[0], "source": at[1], "items": len(names), "dirty": len(dirty.get(at, ())),
             "partly": len(partly.get(at, set()) - dirty.get(at, set()))} for at, names in found.items()]
    return rows(types, ["benchmark", "source"], made)


def sweep_table(benchmarks, hits, names, shares):
    """By benchmark, score and share in per cent: items and documents with at least this share."""
    types = {"at_least": "int64", "benchmark": "utf8", "documents": "int64", "items": "int64", "score": "utf8"}
    items, documents, made = {}, {}, []
    for document, hit, _ in hits:
        for score, (num, den) in shares(hit).items():
            for percent in PERCENTS:
                if 100 * num >= percent * den:
                    for name in hit.item.names:
                        at = name.split("/", 1)[0], score, percent
                        items.setdefault(at, set()).add(name)
                        documents.setdefault(at, set()).add(document["key"])
    for at in [(b, s, p) for b in benchmarks for s in names for p in PERCENTS]:
        made.append({"benchmark": at[0], "score": at[1], "at_least": at[2], "items": len(items.get(at, ())),
                     "documents": len(documents.get(at, ()))})
    return rows(types, ["benchmark", "score", "at_least"], made)


def draw(*parts):
    return hash64(utf8(" ".join(map(str, parts))))


def drawn(tokens, kind, name, share):
    """So many per cent of the positions, at least one."""
    order = sorted(range(len(tokens)), key=lambda i: (draw(kind, name, i), i))
    return set(order[: max(1, len(tokens) * share // 100)])


def tokens_of(text):
    return [token for token in re.split("[ \t\n\v\f\r]+", text) if token]


def edit(kind, item, text, other):
    """The text of an item as `kind` leaves it, None when that changes nothing; `other`: another item."""
    tokens, name = tokens_of(text), item.names[0]
    if kind == "verbatim":
        return text
    if kind == "case":
        return "".join(c.swapcase() if c in string.ascii_letters else c for c in text)
    if kind == "whitespace":
        return "".join(token + ("  " if i % 3 else "\n") for i, token in enumerate(tokens))
    if kind == "punctuation":
        bare = [token.strip(string.punctuation) for token in tokens]
        return " ".join(token + ("," if i % 3 == 2 else "") for i, token in enumerate(filter(None, bare)))
    if kind == "truncated_60":
        return " ".join(tokens[: (6 * len(tokens) + 9) // 10])
    if kind == "lines_reordered":
        first, *others = text.split("\n")
        order = sorted(range(len(others)), key=lambda i: (draw(kind, name, i), i))
        return "\n".join([first] + [others[i] for i in order]) if len(others) > 1 else None
    if kind.startswith("typos_"):
        able = [i for i, token in enumerate(tokens) if not set(token) & set(string.digits)]
        changed = {able[i] for i in drawn(able, kind, name, int(kind[-2:]))} if able else set()
        spell = lambda token, i: token[:1] + chr(97 + draw(kind, name, i) % 26) + token[1:]
        return " ".join(spell(token, i) if i in changed else token for i, token in enumerate(tokens)) if able else None
    if kind.startswith("drops_"):
        gone = drawn(tokens, kind, name, int(kind[-2:]))
        return " ".join(token for i, token in enumerate(tokens) if i not in gone)
    if kind == "other_numbers":
        shift = 1 + draw(kind, name) % 9
        changed = "".join(str((int(c) + shift) % 10) if c in string.digits else c for c in text)
        return changed if changed != text else None
    if kind == "scrambled":
        return " ".join(tokens[i] for i in sorted(range(len(tokens)), key=lambda i: (draw(kind, name, i), i)))
    if kind == "quarter":
        return " ".join(tokens[: len(tokens) // 4]) if len(item.words) >= 12 else None
    if kind == "other_words" and other is not item:  # the template of an item with the words of another
        heavy = sorted(range(len(item.words)), key=lambda i: (-item.weights[i], i))[: (len(item.words) + 1) // 2]
        return " ".join(other.words[i % len(other.words)] if i in heavy else word for i, word in enumerate(item.words))


POSITIVE = ["verbatim", "case", "whitespace", "punctuation", "lines_reordered", "truncated_60", "typos_05", "typos_10", "typos_20",
            "drops_05", "drops_10", "drops_20"]
NEGATIVE = ["other_numbers", "scrambled", "quarter", "other_words"]


def plants(items, texts, planted):
    """(kind, class of words, item, edited text), the same for everybody. `texts`: by first name."""
    for class_, least, most in CLASSES:
        sample = sorted((item for item in items if least <= len(item.words) <= most),
                        key=lambda item: (draw("item", item.names[0]), utf8(item.names[0])))[: planted // 4]
        for n, item in enumerate(sample):
            for kind in POSITIVE + NEGATIVE:
                text = edit(kind, item, texts[item.names[0]], sample[(n + 1) % len(sample)])
                if text is not None:
                    yield kind, class_, item, text


def cut(text, size):
    """The beginning of a text, at most so many bytes."""
    return utf8(text)[:size].decode(errors="ignore")


def recall_table(all_plants, clean, names, scores_of):
    """By kind, words and score: how many items were planted in the beginnings of documents without
    hits, and how many were found. `scores_of(item, before, text, after)`: the names of the scores that find it."""
    types = {"found": "int64", "kind": "utf8", "negative": "bool", "planted": "int64", "score": "utf8", "words": "utf8"}
    planted, found, all_plants = Counter(), Counter(), list(all_plants)
    hosts = sorted(clean, key=lambda d: (draw("host", *d["key"]), d["key"]))[: min(len(all_plants), MOST_HOSTS)]
    for n, (kind, class_, item, text) in enumerate(all_plants):
        around = tokens_of(cut(hosts[n % len(hosts)]["text"], 4096)) if hosts else []
        at = draw("place", n) % (len(around) + 1)
        planted[kind, class_] += 1
        found.update((kind, class_, score) for score in scores_of(item, " ".join(around[:at]), text, " ".join(around[at:])))
    made = [{"kind": kind, "words": class_, "score": score, "negative": kind in NEGATIVE, "planted": n,
             "found": found[kind, class_, score]} for (kind, class_), n in planted.items()
            for score in ["decision", *names]]
    return rows(types, ["kind", "words", "score"], made)


def excerpt_table(items, hits, documents, texts):
    """Items that most documents have, but for common ones, beside the document that has most of them."""
    types = {"after": "utf8", "before": "utf8", "benchmark": "utf8", "document": "utf8", "item": "utf8", "item_text": "utf8",
             "match": "utf8"}
    found, made = {}, []
    for one in hits:
        found.setdefault(one[1].item.names[0], []).append(one)
    dirty = {name: sum("decision" in scores for _, _, scores in all_) for name, all_ in found.items()}
    shown = [name for name in dirty if dirty[name] and not is_common(dirty[name], documents)]
    for name in sorted(shown, key=lambda name: (-dirty[name], utf8(name)))[:MOST_SHOWN]:
        document, hit, _ = best(found[name])
        text, (begin, end) = utf8(document["text"]), hit.span
        benchmark, item = name.split("/", 1)
        made.append({"benchmark": benchmark, "item": item, "item_text": cut(texts[name], 1000), "document": "%d:%d" % document["key"],
                     "before": text[max(0, begin - 200) : begin].decode(errors="ignore"),
                     "match": cut(text[begin:end].decode(), 1000), "after": cut(text[end:].decode(), 200)})
    return rows(types, ["benchmark", "item"], made)
