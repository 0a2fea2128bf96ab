"""decontaminate: benchmark items in documents. Words are those of the hash text (text.py)."""

import json
import math
import posixpath
from collections import Counter
from fractions import Fraction

import contamination_report as report
from hashes import utf8
from item_vectors import LEAST, ItemVectors
from join import TableFailure, table_rows
from text import words

SEED = 4  # words that must stand as they are for a hit to begin
COMMON = 16  # items; a seed of more begins no hit
PRESETS = {"shardmill": {"decide": ["aligned", "part", "short"], "n": 13}, "gpt3": {"decide": ["ngram"], "n": 13},
           "fineweb": {"decide": ["ngram"], "n": 12}, "llama3": {"decide": ["coverage"], "n": 13},
           "decon": {"decide": ["idf"], "n": 13}}


IDF = 5, 3, 4  # words of an n-gram of an item, of its answer, of its passage


class Item:
    def __init__(self, found, weights, idf, answer, passage):
        self.idf, self.answer, self.passage = idf, answer, passage  # idf: by the n-gram's last word
        self.names = []  # BENCHMARK/ID of all items with these words, ascending
        self.words, self.weights, self.total = found, weights, sum(weights)
        self.gap = max(1, self.total // (4 * len(found)))  # what a foreign word costs: a quarter of a mean word
        size = min(SEED, len(found))
        self.seeds = [(tuple(found[i : i + size]), i) for i in range(len(found) - size + 1)]


def searchable(found):
    """Fewer words or letters are found everywhere."""
    return len(found) >= 3 and len(" ".join(found)) >= 12


def weight(items, df):
    """How rare a word is among the items of its benchmark."""
    return 1 + int(4 * math.log2((items + 1) / df))


def read_items(files, table, settings):
    """{benchmark: [(id, text, answer, passage)]} of files {relative path: content}; a benchmark is named by the file,
    up to its first dot."""
    benchmarks, seen, fields = {}, set(), set()
    for path in sorted(files, key=utf8):
        name = posixpath.basename(path).split(".")[0]
        rows = benchmarks.setdefault(name, [])
        found = list(table_rows([files[path]], table))
        if not found:
            raise TableFailure("a benchmark without items")
        questions = 0
        for n, row in enumerate(found, 1):
            fields |= set(row)
            raw = row.get(settings.get("id", "id"), str(n))
            id_ = json.loads(raw) if raw[0] == '"' else raw
            texts = [row[f] for f in ([settings["question"]] if "question" in settings else ["question", "text"]) if f in row]
            if texts and texts[0][0] != '"':
                raise TableFailure("a question that is no text")
            questions += bool(texts)
            if (name, id_) in seen:
                raise TableFailure("two items of one name")
            seen.add((name, id_))
            answer, passage = [next((plain(row[f]) for f in fields if f in row), "") for fields in
                               ([settings.get("answer", "answer")],
                                [settings["passage"]] if "passage" in settings else ["passage", "context"])]
            rows.append((id_, json.loads(texts[0]) if texts else "", answer, passage))
        if not questions:
            raise TableFailure("no item has a question")
    if {settings[name] for name in ("id", "answer", "passage") if name in settings} - fields:
        raise TableFailure("no item has a field that is named")
    return benchmarks


def plain(raw):
    """A string's text, a number or truth value as it stands; nothing else has words."""
    return json.loads(raw) if raw[0] == '"' else "" if raw[0] in "[{" else raw


def ngrams(found, n):
    return [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]


def make_items(benchmarks):
    """(items, names of those that cannot be searched). Items of the same words are one, weighted as
    in the first benchmark by name."""
    by_words, unsearchable = {}, []
    for benchmark, rows in sorted(benchmarks.items(), key=lambda one: utf8(one[0])):
        found = [words(row[1]) for row in rows]
        df = Counter(word for listed in found for word in set(listed))
        ngram_df = Counter(ngram for listed in found for ngram in set(ngrams(listed, IDF[0])))
        for (id_, _, answer, passage), listed in zip(rows, found):
            name = "%s/%s" % (benchmark, id_)
            if searchable(listed):
                made = Item(listed, [weight(len(rows), df[word]) for word in listed],
                            [0] * (IDF[0] - 1) + [weight(len(rows), ngram_df[ngram]) for ngram in ngrams(listed, IDF[0])],
                            words(answer), words(passage))
                by_words.setdefault(tuple(listed), made).names.append(name)
            else:
                unsearchable.append(name)
    seeds = Counter(seed for item in by_words.values() for seed in {seed for seed, _ in item.seeds})
    for item in by_words.values():
        item.names.sort(key=utf8)
        item.seeds = [(seed, i) for seed, i in item.seeds if seeds[seed] <= COMMON]
    return sorted(by_words.values(), key=lambda item: utf8(item.names[0])), unsearchable


def windows(item, found):
    """Where in the document the item may stand: around diagonals that seeds share."""
    slack, chains = len(item.words) // 4 + 1, []
    for d in sorted(j - i for seed, i in item.seeds for j in range(len(found))
                    if tuple(found[j : j + len(seed)]) == seed):
        if chains and d - chains[-1][-1] <= slack:
            chains[-1].append(d)
        else:
            chains.append([d])
    # A long item that stands there, even badly edited, has more than one seed.
    enough = min(1 + len(item.words) // 32, 5)
    return [(max(0, chain[0] - slack), min(len(found), chain[-1] + len(item.words) + slack))
            for chain in chains if len(chain) >= enough]


def best_span(item, found, begin, end):
    """(begin, end) of the local alignment of most weight less what foreign words between its
    first and last word cost; of equal ones the first that ends, and of these the shortest."""
    nothing, best = (-1 << 62, 0), (0, 0, 0)
    above = [nothing] * (end - begin + 1)  # item[:i] against found[begin:j]; (score, where it begins)
    for i, word in enumerate(item.words):
        row = [nothing]
        for j in range(begin, end):
            at = j - begin
            left = row[at]
            cell = max(above[at + 1], (left[0] - item.gap, left[1]))
            if found[j] == word:
                score, first = max(above[at], (0, j))
                joined = (score + item.weights[i], first)
                cell, best = max(cell, joined), max(best, (joined[0], -(j + 1), first))
            row.append(cell)
        above = row
    return best[2], -best[1]


def aligned_weight(item, found):
    """The weight of the item's words that stand in `found` in their order."""
    above = [0] * (len(found) + 1)
    for word, weight_ in zip(item.words, item.weights):
        row = [0]
        for j, other in enumerate(found):
            row.append(max(above[j + 1], row[j], above[j] + weight_ if other == word else 0))
        above = row
    return above[-1]


def runs(item, found):
    """By word of the item: the words of the longest part of it that ends there and stands in `found`
    word for word."""
    longest, above = [], [0] * (len(found) + 1)
    for word in item.words:
        above = [0] + [above[j] + 1 if other == word else 0 for j, other in enumerate(found)]
        longest.append(max(above))
    return longest


def numbers(found):
    return Counter(word for word in found if word[0] in "0123456789")


class Hit:
    similarity = 0  # in millionths, of the chunk that the item is nearest to

    def __init__(self, item, found, window, settings):
        listed = found[window[0] : window[1]]
        ending = runs(item, listed)
        self.item, self.words = item, len(item.words)
        self.begin, self.end = best_span(item, found, *window)
        there = found[self.begin : self.end]
        self.weight, self.run = aligned_weight(item, there), max(ending)
        self.ngrams = sum(run >= settings["n"] for run in ending)
        self.covering = sum(run >= settings.get("coverage_n", 8) for run in ending)
        self.idf = sum(weight_ for run, weight_ in zip(ending, item.idf) if run >= IDF[0])
        self.answer = self.passage = 0
        self.other_numbers = bool(numbers(there) - numbers(item.words))  # one that the item has not so often

    @classmethod
    def of_chunk(cls, item, similarity, span):
        """Of an item whose words do not stand there."""
        hit = cls.__new__(cls)
        hit.item, hit.words, (hit.begin, hit.end), hit.similarity = item, len(item.words), span, similarity
        hit.weight = hit.run = hit.ngrams = hit.covering = hit.idf = hit.answer = hit.passage = 0
        hit.other_numbers = False
        return hit

    def rank(self):
        return not self.other_numbers, self.weight, self.run, -self.begin


def find(items, found, settings):
    """The hits of a document with these words, each item where it stands best."""
    hits = []
    for item in items:
        all_ = [Hit(item, found, window, settings) for window in windows(item, found)]
        all_ = [hit for hit in all_ if 2 * hit.weight >= item.total or hit.run >= 8]
        if all_:
            hit = max(all_, key=Hit.rank)
            hit.answer = share_of(item.answer, found[hit.end : hit.end + reach(item.answer)], IDF[1])
            hit.passage = share_of(item.passage, found[max(0, hit.begin - reach(item.passage)) : hit.end + reach(item.passage)], IDF[2])
            hits.append(hit)
    return hits


def find_all(items, vectors, text, settings, only=None):
    """With those that are near; `only`: see ItemVectors.nearest()."""
    hits = find(items, words(text), settings)
    near = vectors.nearest(text, byte_spans, only) if vectors else {}
    for hit in hits:
        hit.similarity = near.pop(hit.item, (0,))[0]
    hits += [Hit.of_chunk(item, score, span) for item, (score, span) in near.items() if score >= LEAST]
    return sorted(hits, key=lambda hit: items.index(hit.item))


def reach(part):
    """Words from an item to where its answer or passage may stand."""
    return max(100, 2 * len(part))


def share_of(part, there, n):
    """Of its n-grams, or of all of it if that is shorter, what stands there, in ten-thousandths."""
    wanted = ngrams(part, min(n, len(part))) if part else []
    known = set(ngrams(there, min(n, len(part))))
    return 10_000 * sum(ngram in known for ngram in wanted) // len(wanted) if wanted else 0


def shares(hit, settings):
    """score -> (num, den) of what it says of a hit."""
    n, coverage_n = settings["n"], settings.get("coverage_n", 8)
    embedding = {"embedding": (hit.similarity, 1_000_000)} if "embed" in settings else {}
    return {**embedding, "aligned": (0, 1) if hit.other_numbers else (hit.weight, hit.item.total),
            "part": (0, 1) if hit.other_numbers else (hit.run, hit.words),
            "short": (hit.run, hit.words) if hit.words < n else (0, 1),
            "ngram": (hit.ngrams, max(hit.words - n + 1, 1)),
            "coverage": (hit.covering, max(hit.words - coverage_n + 1, 1)),
            "idf": (idf_share(hit), 1_000_000)}


def idf_share(hit):
    """In millionths: of the item's n-grams by their rarity, and of its answer and passage where it has them."""
    total = sum(hit.item.idf)
    question = 10_000 * hit.idf // total if total else 0
    weights = {(True, True): (70, 20, 10), (True, False): (75, 25, 0), (False, True): (85, 0, 15), (False, False): (100, 0, 0)}
    return sum(a * b for a, b in zip(weights[bool(hit.item.answer), bool(hit.item.passage)], (question, hit.answer, hit.passage)))


def scores(hit, settings):
    """{score: its share} of those that find the item here; under "decision" the name of the first of
    those that decide in this job."""
    share = lambda name, default: Fraction(str(settings.get(name, default)))
    n, said = settings["n"], shares(hit, settings)
    wanted = share("aligned", "0.7")
    if hit.words < n:  # a straight line up to items of three words
        wanted += (share("aligned_short", "0.9") - wanted) * Fraction(n - hit.words, n - 3)
    finds = {"aligned": Fraction(*said["aligned"]) >= wanted,
             "part": hit.run >= settings.get("part_words", 6) and Fraction(*said["part"]) >= share("part", "0.5"),
             "short": Fraction(*said["short"]) == 1,
             "ngram": hit.ngrams >= settings.get("ngrams", 1),
             "coverage": Fraction(*said["coverage"]) >= share("coverage", "0.8"),
             # all of a short item, less of a long one
             "embedding": "embed" in settings and Fraction(*said["embedding"]) >= share("embedding", "0.85"),
             "idf": Fraction(*said["idf"]) >= 1 - (1 - share("idf", "0.8")) * Fraction(min(max(hit.words, 20), 50) - 20, 30)}
    found = {name: said[name] for name in finds if finds[name]}
    first = next((name for name in settings["decide"] if name in found), None)
    return dict(found, decision=first) if first else found


def judge(hits, settings):
    """The scores of all hits of a document. Where two items stand in one place, the one that has more of
    its weight there is meant: the other does not decide."""
    said = [scores(hit, settings) for hit in hits]

    def outshone(hit):
        return any("decision" in decides and Fraction(other.weight, other.item.total) > Fraction(hit.weight, hit.item.total)
                   and 2 * (min(hit.end, other.end) - max(hit.begin, other.begin)) >= hit.end - hit.begin
                   for other, decides in zip(hits, said))

    return [{name: share for name, share in decides.items() if name != "decision" or not outshone(hit)}
            for hit, decides in zip(hits, said)]


def byte_spans(text, spans):
    """Where words [begin, end) stand: the shortest part of the text with exactly these words, all
    before in front of it and all after behind it."""
    whole, cuts = words(text), {}
    for at in range(len(text) + 1):
        before, after = words(text[:at]), words(text[at:])
        if before + after == whole:
            cuts.setdefault(len(before), []).append(len(utf8(text[:at])))
    return [(cuts[begin][-1], cuts[end][0]) for begin, end in spans]


def decontaminate(documents, files, table, settings, all_tables):
    """(documents to drop, {document's key: [match, the best first]}, {name of a table: (columns, rows)})."""
    settings = dict(PRESETS[settings.get("preset", "shardmill")], **settings)
    benchmarks = read_items(files, table, settings)
    items, unsearchable = make_items(benchmarks)
    texts = {"%s/%s" % (benchmark, id_): text for benchmark, rows in benchmarks.items() for id_, text, _, _ in rows}
    vectors = ItemVectors(items, texts, settings, all_tables) if "embed" in settings else None
    if set(settings.get("exempt", [])) - {name for item in items for name in item.names} - set(unsearchable):
        raise TableFailure("exempt names no item")
    drops, matches, hits = [], {}, []
    for document in documents:
        found = words(document["text"])
        listed = find_all(items, vectors, document["text"], settings)
        spans = byte_spans(document["text"], [(hit.begin, hit.end) for hit in listed]) if listed else []
        for hit, hit.span, decides in zip(listed, spans, judge(listed, settings)):
            hits.append((document, hit, decides))
        decided = [(hit, decides) for d, hit, decides in hits if d is document and "decision" in decides]
        made = sorted((match(hit, decides, settings) for hit, decides in decided),
                      key=lambda m: (m["fate"] == "evidence", -Fraction(*m["score"]), utf8(m["witness"]), m["span"]))
        if made and made[0]["fate"] == "changed":
            cut(document, found, made, settings)
        if made:
            matches[document["key"]] = made
            drops += [document] * (made[0]["fate"] == "dropped")
    return drops, matches, tables(documents, benchmarks, items, unsearchable, hits, settings, texts, vectors)


def cut(document, found, made, settings):
    """The best match of each cut gets its span; without text that is worth keeping all of it goes."""
    margin, rest, spans = settings.get("margin", 30), settings.get("min_rest", 30), []
    for begin, end in sorted(m["words"] for m in made if m["fate"] == "changed"):
        begin, end = max(0, begin - margin), min(len(found), end + margin)
        if spans and begin - spans[-1][1] < rest:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([begin, end])
    if spans[0][0] < rest:
        spans[0][0] = 0
    if len(found) - spans[-1][1] < rest:
        spans[-1][1] = len(found)
    if spans == [[0, len(found)]] or len(spans) > settings.get("max_cuts", 10):
        for n, m in enumerate(made):
            m["fate"] = "evidence" if n else "dropped"
        return
    size = len(utf8(document["text"]))
    cuts = [(begin if words_[0] else 0, end if words_[1] < len(found) else size)
            for words_, (begin, end) in zip(spans, byte_spans(document["text"], spans))]
    for m in [m for m in made if m["fate"] == "changed"]:
        at = next(i for i, words_ in enumerate(spans) if words_[0] <= m["words"][0] < words_[1])
        m["fate"] = "evidence"
        if cuts[at]:
            m["fate"], m["span"], cuts[at] = "changed", cuts[at], None


def cut_text(text, matches):
    """What is left: an empty line stands for a cut, but at the beginning."""
    text, left, last = utf8(text), b"", 0
    for begin, end in sorted(m["span"] for m in matches if m["fate"] == "changed"):
        left, last = left + text[last:begin] + (b"\n\n" if begin else b""), end
    return (left + text[last:]).decode()


def tables(documents, benchmarks, items, unsearchable, all_hits, settings, texts, vectors):
    # What is only near, and less than `embedding` asks for, is in the sweep and nowhere else.
    hits = [(document, hit, said) for document, hit, said in all_hits if hit.weight or said]
    name, hit_ones = settings.get("name", "contamination"), {document["key"] for document, _, _ in hits}

    def scores_of(item, before, text, after):
        begin, end = len(words(before)), len(words(before)) + len(words(text))
        hits = find_all(items, vectors, "\n".join([before, text, after]), settings, (item, begin, end))
        return [score for hit, decides in zip(hits, judge(hits, settings)) if hit.item is item for score in decides]

    made = {name: report.item_table(items, unsearchable, hits, len(documents)),
            name + "_sources": report.source_table(hits),
            name + "_sweep": report.sweep_table([b for b, rows in benchmarks.items() if rows], all_hits, report.names(vectors), lambda hit: shares(hit, settings)),
            name + "_excerpts": report.excerpt_table(items, hits, len(documents), texts)}
    if settings.get("planted", 400):
        made[name + "_recall"] = report.recall_table(
            report.plants(items, texts, settings.get("planted", 400)),
            [document for document in documents if document["key"] not in hit_ones], report.names(vectors), scores_of)
    return made


def match(hit, decides, settings):
    witness = hit.item.names[0]
    exempt = not set(hit.item.names).isdisjoint(settings.get("exempt", []))
    fate = {"drop_document": "dropped", "cut_span": "changed", "report": "evidence"}[settings.get("action", "drop_document")]
    return {"fate": "evidence" if exempt else fate, "words": (hit.begin, hit.end),
            "reason": "exempt" if exempt else "contaminated", "witness": witness,
            "detector": decides["decision"], "score": decides[decides["decision"]], "span": hit.span}
