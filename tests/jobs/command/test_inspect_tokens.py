"""`inspect --tokens` against the oracle's tokens, and what it says when the vocabulary is another one."""

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "run"), str(Path(__file__).parents[2] / "oracle")]
from program import BINARY, InFolder, run, write_job  # noqa: E402
import tokens  # noqa: E402

DATA = Path(os.environ.get("SHARDMILL_DATA", Path(__file__).parents[3] / "../shared/data")) / "tokenizers"
TEXTS = ["the word | and one\\\n\ttext", "中文 the\u0085", "", "do s 01x " * 40]
SMALL = "tokenizer: small.json"


def visible(token):
    """The bytes of a token by the definition: what is no UTF-8 or a control character byte by byte."""
    text = ""
    for part in re.split(rb"(\\|\||\n|\r|\t)", token):
        if part in (b"\\", b"|"):
            text += "\\" + part.decode()
        elif part in (b"\n", b"\r", b"\t"):
            text += {b"\n": "\\n", b"\r": "\\r", b"\t": "\\t"}[part]
        else:
            for c in part.decode("utf-8", "surrogateescape"):
                raw = c.encode("utf-8", "surrogateescape")
                shown = 0x20 <= ord(c) < 0x7F or ord(c) >= 0xA0 and not 0xDC80 <= ord(c) <= 0xDCFF
                text += c if shown else "".join("\\x%02x" % b for b in raw)
    return text


class InspectTokens(InFolder):
    def make(self, settings, write="", texts=TEXTS):
        self.put("a.jsonl", b"".join(json.dumps({"id": str(n), "text": text}).encode() + b"\n" for n, text in enumerate(texts)))
        (self.folder / "small.json").write_text(json.dumps(tokens.small_file()))
        write_job(self.folder, steps="\n  - tokenize: {%s}" % settings, extra="\n" + write)
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        [path] = (self.folder / "out/current/tokens").rglob("*.h5")
        return tokens.read_shard(path)[1]

    def inspect(self, *options, directory="out", status=0):
        done = subprocess.run([BINARY, "inspect", directory, *options], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def pieces(self, text, settings):
        """(id, bytes) of each token, the end token included."""
        ids, end, _ = tokens.encode(text.encode(), {"encoding": "bytes"} if "bytes" in settings else {"tokenizer": ""})
        of = {i: t for t, i in tokens.small().ids.items()}
        return [(i, of[i]) for i in ids] + [(end, b"<|endoftext|>")]

    def test_documents_are_shown_token_by_token(self):
        for settings in ("encoding: bytes", SMALL):
            with self.subTest(settings):
                rows = self.make(settings)
                seen = json.loads(self.inspect("--tokens", "--json"))
                self.assertEqual((seen["snapshot"], seen["layout"], len(seen["documents"])), (int(settings == SMALL) + 1, "corpus", 3))
                text = self.inspect("--tokens")
                begin = 0
                for row, document in zip(rows, seen["documents"]):
                    expected = self.pieces(TEXTS[int(row["id"])], settings)
                    size = len(TEXTS[int(row["id"])].encode())
                    self.assertEqual(document, {
                        "id": row["id"], "source": "s", "shard": "tokens/train/0001-r.h5", "begin": begin,
                        "n_tokens": len(expected), "text_bytes": size, "bytes_per_token": size / len(expected),
                        "ids": [i for i, _ in expected], "tokens": [visible(t) for _, t in expected]})
                    begin += len(expected)
                    first, more = expected[:100], " …" if len(expected) > 100 else ""
                    self.assertIn("\n    |%s|%s\n    %s%s\n" % ("|".join(visible(t) for _, t in first), more,
                                                               " ".join(str(i) for i, _ in first), more), text)
                    self.assertIn("\n  %s from s, tokens/train/0001-r.h5 document " % row["id"], text)
                    self.assertIn("\n  %d token%s, %d bytes of text, %.2f bytes per token\n" %
                                  (len(expected), "s" * (len(expected) > 1), size, size / len(expected)), text)

    def test_pieces_of_samples_are_shown_likewise(self):
        for packing in ("concat", "greedy", "best_fit"):
            rows = self.make(SMALL, "write: {tokens: {layout: sample, max_sequence_length: 16, packing: %s}}" % packing)
            seen = json.loads(self.inspect("--tokens", "--json"))
            self.assertEqual((seen["layout"], len(seen["documents"])), ("sample", 3))
            for row, piece in zip(rows, seen["documents"]):
                first, n = row["token"], row["tokens"]
                expected = self.pieces(TEXTS[int(row["id"])], SMALL)[first:first + n]
                self.assertEqual(piece["ids"], [i for i, _ in expected])
                self.assertEqual(piece["tokens"], [visible(t) for _, t in expected])
                self.assertEqual((piece["id"], piece["begin"], piece["token"], piece["n_tokens"]), (row["id"], row["begin"], first, n))
            self.assertIn("its tokens from %d:\n" % rows[0]["token"], self.inspect("--tokens"))

    def test_pieces_of_a_sentencepiece_model_keep_their_spaces(self):
        model = DATA / "sentencepiece_test_en_1k.model"
        if not model.exists():
            self.skipTest("no tokenizers/ below SHARDMILL_DATA")
        (self.folder / "m.model").write_bytes(model.read_bytes())
        self.make("tokenizer: m.model", texts=["the word of the world"])
        [document] = json.loads(self.inspect("--tokens", "--json"))["documents"]
        self.assertEqual("".join(document["tokens"]), " the word of the world</s>")
        self.assertEqual(document["text_bytes"], len("the word of the world"))

    def test_a_vocabulary_that_is_gone_or_another_is_told(self):
        self.make(SMALL)
        shown = self.inspect("--tokens")
        small, moved = self.folder / "small.json", self.folder / "moved.json"
        small.rename(moved)
        said = self.inspect("--tokens", status=4)
        self.assertIn(f"{small}: this file, with which the tokens were made, is not there any more; --tokenizer FILE", said)
        self.assertEqual(self.inspect("--tokens", "--tokenizer", "moved.json"), shown)
        small.write_text(moved.read_text() + " ")
        self.assertIn(f"{small}: has other content than when the tokens were made", self.inspect("--tokens", status=4))
        self.assertIn("small.json: has other content", self.inspect("--tokens", "--tokenizer", "small.json", status=4))
        self.assertIn("has no such file", self.inspect("--tokens", "--vocabulary", "moved.json", status=2))
        self.assertIn("`--tokenizer` goes with `--tokens`", self.inspect("--tokenizer", "moved.json", status=2))

    def test_it_is_found_from_anywhere(self):
        """The job file says it relative to its own folder, not to where a command is started."""
        self.make(SMALL)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        done = subprocess.run([BINARY, "inspect", "../out/snapshots/000001", "--tokens"], cwd=elsewhere, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_without_tokens_it_says_so(self):
        self.put("a.jsonl", b'{"id": "a", "text": "b"}\n')
        write_job(self.folder)
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        self.assertIn("inspect --tokens: ", self.inspect("--tokens", status=2))

    def test_an_id_that_is_no_token_is_told_with_its_place(self):
        self.make("encoding: bytes", texts=["abc"])
        [path] = (self.folder / "out/current/tokens").rglob("*.h5")
        content = path.read_bytes()
        at = content.index("abc".encode("utf-16-le"))
        path.write_bytes(content[:at] + b"\xff\xff" + content[at + 2:])
        self.assertIn("tokens/train/0001-r.h5: document 0 (0): no token has id 65535", self.inspect("--tokens", status=4))


if __name__ == "__main__":
    unittest.main()
