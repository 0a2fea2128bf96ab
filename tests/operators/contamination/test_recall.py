"""What decontaminate promises to find, on real documents with planted benchmark items, with margins below what
bench/contamination_recall.py prints; skipped without the folder SHARDMILL_DATA."""

import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bench"))

from contamination_recall import measure  # noqa: E402
from tests.mpi_environment import MPI_ENVIRONMENT  # noqa: E402

DATA = next((folder for folder in (Path(os.environ.get("SHARDMILL_DATA") or ROOT.parent / "shared/data"),
                                   ROOT.parent / "shared/data")
             if (folder / "contamination/truth.jsonl.zst").exists()), None)


@unittest.skipUnless(DATA, "no planted benchmark items (SHARDMILL_DATA)")
class Recall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ.update(MPI_ENVIRONMENT)
        cls.truth, cls.results = measure(DATA, os.environ["SHARDMILL_BIN"], ranks=2)

    def test_the_default_decision(self):
        default = self.results["default"]
        for kind, least in (("verbatim", 0.99), ("case", 0.99), ("whitespace", 0.99), ("question_only", 0.99),
                            ("quiz_page", 0.99), ("punctuation", 0.97), ("case_punct_ws", 0.97), ("truncated_60", 0.92),
                            ("delete_05", 0.97), ("subst_05", 0.97), ("delete_10", 0.95), ("subst_10", 0.95)):
            self.assertGreaterEqual(default.recall(kind), least, kind)
        for kind in ("delete_20", "subst_20"):
            self.assertGreaterEqual(default.recall(kind, "long"), 0.9, kind)
        self.assertGreaterEqual(default.precision, 0.985)
        self.assertLessEqual(default.clean, 0.01 * len(self.truth.clean))

    def test_scores_stand_side_by_side(self):
        ngram, short = self.results["ngram"], self.results["short"]
        self.assertEqual(ngram.recall("verbatim", "long"), 1)
        self.assertEqual(ngram.recall("verbatim", "short"), 0)
        self.assertEqual(short.recall("verbatim", "short"), 1)
        self.assertLess(ngram.precision, self.results["aligned"].precision)


if __name__ == "__main__":
    unittest.main()
