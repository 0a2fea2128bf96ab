"""The committed tables and vectors are what their scripts write."""
import pathlib
import subprocess
import sys
import tempfile
import unicodedata
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TEXT = HERE.parents[2] / "operators" / "text"


@unittest.skipUnless(unicodedata.unidata_version == "14.0.0", "needs a Python with Unicode 14")
class CommittedFiles(unittest.TestCase):
    def test_word_ranges(self):
        written = subprocess.run([sys.executable, str(TEXT / "make_word_ranges.py")],
                                 check=True, capture_output=True, text=True).stdout
        self.assertEqual(written, (TEXT / "word_ranges.inc").read_text())

    def test_vectors(self):
        try:
            import xxhash  # noqa: F401
        except ImportError:
            self.skipTest("needs the xxhash module")
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([sys.executable, str(HERE / "make_vectors.py"), directory], check=True)
            for name in ("hash_text.tsv", "code_points.tsv", "normalize.tsv"):
                self.assertEqual((pathlib.Path(directory) / name).read_text(),
                                 (HERE / name).read_text(), name)


if __name__ == "__main__":
    unittest.main()
