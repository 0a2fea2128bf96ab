"""What dedup.minhash promises, on real near-duplicates and on made ones, checked without its code:
every drop has a kept witness with the very score the ledger says; what survives survives again; and
the share of similar pairs it finds is the S-curve 1 - (1 - s^rows)^bands of its settings.

The real ones are neardup/docs.jsonl.zst and pairs_truth.jsonl.zst in the folder SHARDMILL_DATA.
"""

import io
import json
import math
import os
import random
import unittest
from collections import Counter
from fractions import Fraction
from pathlib import Path

import zstandard

from similarity import PRESETS, ROOT, Similarity, kept, ledger_of, recall

SEEDS = range(30 if os.environ.get("SHARDMILL_LONG") == "1" else 4)
DATA = next((folder for folder in (Path(os.environ.get("SHARDMILL_DATA") or ROOT.parent / "shared/data"),
                                   ROOT.parent / "shared/data")
             if (folder / "neardup/docs.jsonl.zst").exists()), None)
# A count of independent trials is further than this from its mean once in 2,000 times. Every seed is
# fixed: the tests do not fail by chance, but may need another seed when hashes or documents change.
SIGMAS = 3.5


class Properties:
    """A subclass gives `documents` [(id, text)], best first, and `known`: pairs of ids among which
    are all that are similar by at least `complete_from`."""

    presets = ["fineweb", "dolma3", "bigcode", "nemo"]

    @classmethod
    def prepare(cls, documents, known, complete_from):
        cls.documents, cls.known, cls.complete_from = documents, known, complete_from
        cls.similarities, cls.ledgers = {}, {}

    @classmethod
    def similarity(cls, preset):
        unit, size = PRESETS[preset][:2]
        return cls.similarities.setdefault((unit, size), Similarity(dict(cls.documents), unit, size))

    @classmethod
    def ledger(cls, preset, seed):
        """Ranks and memory change nothing, so each seed is another way to run."""
        if (preset, seed) not in cls.ledgers:
            cls.ledgers[preset, seed] = ledger_of(cls.documents, {"preset": preset, "seed": seed},
                                                  ranks=1 + seed % 3, spill=seed % 2 == 1)
        return cls.ledgers[preset, seed]

    def similar(self, preset, least):
        """Known pairs of at least this similarity, better document first."""
        position = {id_: i for i, (id_, _) in enumerate(self.documents)}
        exact = self.similarity(preset)
        return [tuple(sorted(pair, key=position.get)) for pair in self.known
                if exact.jaccard(*pair) >= least]

    def test_every_drop_has_a_kept_witness_and_its_exact_score(self):
        position = {id_: i for i, (id_, _) in enumerate(self.documents)}
        for preset in self.presets:
            exact, threshold = self.similarity(preset), PRESETS[preset][4]
            for seed in (0, 1):
                ledger = self.ledger(preset, seed)
                dropped = [row for row in ledger.values() if row["fate"] == "dropped"]
                self.assertGreater(len(dropped), len(self.documents) // 10, preset)
                for row in dropped:
                    witness = row["witness"]
                    self.assertEqual(ledger[witness]["fate"], "kept", row)
                    self.assertLess(position[witness], position[row["id"]], row)
                    self.assertEqual((row["score_num"], row["score_den"]),
                                     exact.score(row["id"], witness), row)
                    self.assertGreaterEqual(exact.jaccard(row["id"], witness), threshold, row)

    def test_survivors_lose_nothing_when_they_go_through_again(self):
        """Two survivors that were examined and found similar would be found again."""
        for preset in self.presets:
            survivors = kept(self.documents, self.ledger(preset, 0))
            again = ledger_of(survivors, {"preset": preset, "seed": 0})
            self.assertEqual(kept(survivors, again), survivors, preset)

    def test_similar_survivors_are_as_rare_as_the_curve_allows(self):
        """A pair at the threshold or above may survive only when no band was shared."""
        for preset in ("fineweb", "bigcode"):
            bands, rows, threshold = PRESETS[preset][2:]
            similar, exact = self.similar(preset, threshold), self.similarity(preset)
            missed = sum(1 - recall(exact.jaccard(*pair), bands, rows) for pair in similar)
            counts = []
            for seed in SEEDS:
                ledger = self.ledger(preset, seed)
                counts.append(sum(ledger[a]["fate"] == ledger[b]["fate"] == "kept"
                                  for a, b in similar))
            mean = sum(counts) / len(counts)
            # Versions of one text are missed together, so the spread is taken from the runs.
            spread = math.sqrt(sum((c - mean) ** 2 for c in counts) / (len(counts) - 1))
            print("%s: %d pairs at %s or above; expected to be missed %.1f, both survive %.1f"
                  % (preset, len(similar), float(threshold), missed, mean), flush=True)
            self.assertLessEqual(mean, missed + SIGMAS * (spread + 1) / math.sqrt(len(counts)))

    def test_recall_follows_the_curve(self):
        """On documents of which each has one partner and nothing else that is similar, a pair was
        found exactly when its worse document is dropped. Everything at `least` and above counts."""
        least = self.complete_from + Fraction(1, 10)
        for preset in ("fineweb", "dolma3", "bigcode"):
            exact, (bands, rows) = self.similarity(preset), PRESETS[preset][2:4]
            candidates = self.similar(preset, least)
            pairs, found, expected, variance = Counter(), Counter(), Counter(), Counter()
            for seed in SEEDS:
                partner_of = self.lonely_pairs(candidates, exact, random.Random(seed))
                chosen = [(id_, text) for id_, text in self.documents
                          if id_ in partner_of or id_ in partner_of.values()]
                ledger = ledger_of(chosen, {"preset": preset, "seed": 1000 + seed,
                                            "threshold": float(least)})
                for id_, row in ledger.items():
                    if row["fate"] == "dropped":
                        self.assertEqual(row["witness"], partner_of.get(id_), row)
                for worse, better in partner_of.items():
                    similarity = exact.jaccard(worse, better)
                    chance, place = recall(similarity, bands, rows), int(similarity * 10)
                    pairs[place] += 1
                    found[place] += ledger[worse]["fate"] == "dropped"
                    expected[place] += chance
                    variance[place] += chance * (1 - chance)
            for place in sorted(pairs):
                print("%s: similarity %.1f: %d of %d pairs found, expected %.1f"
                      % (preset, place / 10, found[place], pairs[place], expected[place]), flush=True)
                self.assertLessEqual(abs(found[place] - expected[place]),
                                     SIGMAS * math.sqrt(variance[place]) + 1)
            # All together: small losses add up.
            self.assertLessEqual(abs(sum(found.values()) - sum(expected.values())),
                                 SIGMAS * math.sqrt(sum(variance.values())))
            self.assertGreater(sum(pairs.values()), 100 * len(SEEDS))

    def lonely_pairs(self, candidates, exact, choose):
        """{worse: better}: random pairs without a known pair between two of them. Those below 0.9
        first: of the others every one is found, and a hundred tell that."""
        near = {}
        for a, b in self.known:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        taken, partner_of = set(), {}
        order = choose.sample(candidates, len(candidates))
        order.sort(key=lambda pair: exact.jaccard(*pair) >= Fraction(9, 10))
        enough = sum(exact.jaccard(*pair) < Fraction(9, 10) for pair in order) + 400
        for better, worse in order[:enough]:
            if not taken & ({better, worse} | near[better] | near[worse]):
                partner_of[worse] = better
                taken |= {better, worse}
        return partner_of


@unittest.skipIf(DATA is None, "no neardup/docs.jsonl.zst below SHARDMILL_DATA: natural near-duplicates"
                               " are not tested")
class Natural(Properties, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        documents = [(row["id"], row["text"]) for row in cls.rows("docs")]
        # Tokens there are not our words, so the list is complete for 0.5 by their measure only.
        known = [(row["id_a"], row["id_b"]) for row in cls.rows("pairs_truth")]
        cls.prepare(documents, known, Fraction(1, 2))

    @staticmethod
    def rows(name):
        with open(DATA / "neardup" / (name + ".jsonl.zst"), "rb") as file:
            stream = zstandard.ZstdDecompressor().stream_reader(file)
            for line in io.BufferedReader(stream).read().split(b"\n"):
                if line:
                    yield json.loads(line)

    def test_the_list_of_pairs_misses_no_drop(self):
        known = {frozenset(pair) for pair in self.known}
        for row in self.ledger("bigcode", 0).values():
            if row["fate"] == "dropped":
                self.assertIn(frozenset((row["id"], row["witness"])), known)


class Made(Properties, unittest.TestCase):
    """Families of documents that drift apart: each replaces a part of an earlier one."""

    @classmethod
    def setUpClass(cls):
        make = random.Random(20)
        documents, families = [], []
        for family in range(1000):
            def text(length):
                return ["%s%d" % (make.choice(["Straße", "étude", "w", "ﬁn", "Ω"]),
                                  make.randrange(10**6)) for _ in range(length)]

            versions = [text(make.randint(40, 160))]
            for _ in range(make.choice([1, 1, 2, 5])):
                words = list(make.choice(versions))
                at = make.randrange(len(words))
                words[at : at + make.randint(1, 40)] = text(make.randint(0, 20))
                versions.append(words)
            ids = ["%d.%d" % (family, i) for i in range(len(versions))]
            families.append(ids)
            documents += zip(ids, map(" ".join, versions))
        make.shuffle(documents)
        known = [(a, b) for ids in families for i, a in enumerate(ids) for b in ids[:i]]
        cls.prepare(documents, known, Fraction(1, 5))

    def test_short_and_empty_documents(self):
        """Fewer words than a shingle: one shingle. No word: never a near-duplicate."""
        documents = [("a", "one two"), ("b", "One, TWO!"), ("c", "one two three"), ("d", ""),
                     ("e", ""), ("f", " !? "), ("g", "two one")]
        ledger = ledger_of(documents, {"preset": "dolma3"})
        self.assertEqual([id_ for id_, _ in kept(documents, ledger)], ["a", "c", "d", "e", "f", "g"])
        self.assertEqual((ledger["b"]["witness"], ledger["b"]["score_num"], ledger["b"]["score_den"]),
                         ("a", 1, 1))


if __name__ == "__main__":
    unittest.main()
