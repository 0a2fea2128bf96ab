"""`shardmill tokenize` against published vectors, and against tests/oracle/tokenizer.py with vocabularies made here."""

import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest
from collections import Counter
from pathlib import Path

import zstandard

sys.path.append(str(Path(__file__).resolve().parents[2] / "oracle"))
import tokenizer as oracle  # noqa: E402
from random_text import random_text  # noqa: E402

BINARY = os.environ["SHARDMILL_BIN"]
ROOT = Path(__file__).resolve().parents[3]
DATA = next((folder for folder in (Path(os.environ.get("SHARDMILL_DATA") or ROOT.parent / "shared/data") / "tokenizers",)
             if (folder / "token_vectors.jsonl.zst").exists()), None)
SEED = int(os.environ.get("SHARDMILL_SEED", "1"))
BYTES = {bytes([b]): b for b in range(256)}


def unpacked(path):
    with open(path, "rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def rows(path):
    return [json.loads(line) for line in unpacked(path).split(b"\n") if line]


def tokenize(lines, *options):
    return subprocess.run([BINARY, "tokenize", *map(str, options)], input="".join(line + "\n" for line in lines).encode(),
                          capture_output=True, timeout=300)


def train(texts, pattern, merges):
    """Byte-level BPE as it is trained: {bytes: id} and pairs in order."""
    words = Counter(word for text in texts for word in oracle.words(pattern, text.encode()))
    parts = {word: tuple(word[i : i + 1] for i in range(len(word))) for word in words}
    ids, pairs = dict(BYTES), []
    for _ in range(merges):
        seen = Counter()
        for word, cut in parts.items():
            for pair in zip(cut, cut[1:]):
                seen[pair] += words[word]
        pair = min(seen, key=lambda p: (-seen[p], p))
        both = pair[0] + pair[1]
        if both not in ids:
            ids[both] = len(ids)
        pairs.append(pair)
        for word, cut in parts.items():
            if pair in zip(cut, cut[1:]):
                parts[word] = tuple(oracle.merged(cut, {pair: (0, both)}))
    return ids, pairs


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tokenize ")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, (dict, list)):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def ids(self, texts, *options):
        done = tokenize((json.dumps({"text": text}) for text in texts), *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line)["ids"] for line in done.stdout.splitlines()]

    def texts(self, ids, *options):
        done = tokenize((json.dumps({"ids": each}) for each in ids), *options, "--decode")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line)["text"] for line in done.stdout.splitlines()]

    def assert_same(self, texts, expected, *options):
        """`expected` ids of each text, and its text again of these."""
        found = self.ids(texts, *options)
        self.assertEqual(len(found), len(texts))
        for text, want, have in zip(texts, expected, found):
            self.assertEqual(have, want, f"seed {SEED}: {text!r}")
        self.assertEqual(self.texts(found, *options), texts)

    def fails(self, code, message, lines, *options):
        done = tokenize(lines, *options)
        self.assertEqual(done.returncode, code, done.stderr)
        said = done.stderr.decode()
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn(message, said)
        return done


@unittest.skipIf(DATA is None, "no tokenizers/token_vectors.jsonl.zst below SHARDMILL_DATA: published vocabularies")
class PublishedVectors(Case):
    def check(self, key, *options):
        vectors = rows(DATA / "token_vectors.jsonl.zst")
        self.assertGreaterEqual(len(vectors), 2000)
        self.assert_same([row["text"] for row in vectors], [row[key] for row in vectors], *options)

    def test_rank_files(self):
        for encoding, key in [("r50k_base", "gpt2"), ("cl100k_base", "cl100k_base"), ("o200k_base", "o200k_base")]:
            with self.subTest(encoding):
                self.check(key, "--encoding", encoding, "--vocabulary", DATA / f"{encoding}.tiktoken.zst")
        self.check("gpt2", "--encoding", "gpt2", "--vocabulary", DATA / "r50k_base.tiktoken.zst")

    def test_encoder_json_and_vocab_bpe(self):
        files = DATA / "gpt2_encoder.json.zst", DATA / "gpt2_vocab.bpe.zst"
        self.check("gpt2", "--encoding", "gpt2", "--vocabulary", files[0], "--merges", files[1])
        self.check("gpt2", "--encoding", "r50k_base", "--vocabulary", files[0], "--merges", files[1])

    def test_tokenizer_json(self):
        gpt2 = oracle.read_gpt2(*(unpacked(DATA / name) for name in ("gpt2_encoder.json.zst", "gpt2_vocab.bpe.zst")))
        end = [("<|endoftext|>", 50256, True)]
        self.check("gpt2", "--tokenizer", self.write("gpt2.json", oracle.tokenizer_json(gpt2, "gpt2", end)))
        ranks = oracle.read_ranks(unpacked(DATA / "cl100k_base.tiktoken.zst"))
        llama = oracle.Merges(ranks, oracle.merges_of_ranks(ranks), whole=True)
        self.check("cl100k_base", "--tokenizer", self.write("llama.json", oracle.tokenizer_json(llama, "cl100k")))

    def test_the_oracle_itself(self):
        vectors = random.Random(SEED).sample(rows(DATA / "token_vectors.jsonl.zst"), 300)
        gpt2 = oracle.read_gpt2(*(unpacked(DATA / name) for name in ("gpt2_encoder.json.zst", "gpt2_vocab.bpe.zst")))
        ranks = lambda name: oracle.Ranks(oracle.read_ranks(unpacked(DATA / f"{name}.tiktoken.zst")))
        for key, pattern, vocabulary in [("gpt2", "gpt2", gpt2), ("cl100k_base", "cl100k", ranks("cl100k_base")),
                                         ("o200k_base", "o200k", ranks("o200k_base"))]:
            compiled = oracle.compiled(oracle.PATTERNS[pattern])
            for row in vectors:
                self.assertEqual(oracle.encode(row["text"].encode(), compiled, vocabulary), row[key], row["text"])

    def test_special_tokens(self):
        for encoding, ends in [("r50k_base", {"<|endoftext|>": 50256}), ("o200k_base", {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}),
                               ("cl100k_base", {"<|endoftext|>": 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259,
                                                "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276})]:
            options = "--encoding", encoding, "--vocabulary", DATA / f"{encoding}.tiktoken.zst"
            [text], [a], [b] = (self.ids([text], *options) for text in ("".join(ends), "a", "b"))
            self.assertFalse(set(text) & set(ends.values()))
            found = self.ids(["a".join(ends) + "b"], *options, "--allow-special")[0]
            self.assertEqual([i for i in found if i not in a + b], list(ends.values()))
            self.assertEqual(self.texts([found], *options), ["a".join(ends) + "b"])

    def test_ranks_of_another_encoding_are_refused(self):
        self.fails(4, "expected the 100256 tokens of cl100k_base; found 50256", [], "--encoding", "cl100k_base",
                   "--vocabulary", DATA / "r50k_base.tiktoken.zst")

    def test_sentencepiece(self):
        vectors = rows(DATA / "sentencepiece_vectors.jsonl.zst")
        for model in ("sentencepiece_test_en_1k", "sentencepiece_test_ja_8k"):
            path = DATA / f"{model}.model"
            done = tokenize([], "--tokenizer", path)
            if b"libsentencepiece-dev" in done.stderr:
                self.assertEqual(done.returncode, 2)
                self.skipTest("built without SentencePiece")
            found = self.ids([row["text"] for row in vectors], "--tokenizer", path)
            for row, ids in zip(vectors, found, strict=True):
                self.assertEqual(ids, row[model + "_id"], row["text"])
            self.assertEqual(self.texts([[1, *self.ids(["Hello"], "--tokenizer", path)[0], 2]], "--tokenizer", path), ["<s>Hello</s>"])
            self.fails(4, "no token has id 8001", ['{"ids": [8001]}'], "--tokenizer", path, "--decode")
            self.fails(2, "allow_special", [], "--tokenizer", path, "--allow-special")
        cut = (DATA / "sentencepiece_test_en_1k.model").read_bytes()[:5000]
        self.fails(4, "no SentencePiece model", [], "--tokenizer", self.write("cut.model", cut))


class MadeVocabularies(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        print(f"SHARDMILL_SEED={SEED}")
        cls.rng = random.Random(SEED)
        cls.texts_ = [random_text(cls.rng) for _ in range(800)]

    def test_trained_merges_in_tokenizer_json(self):
        for name, pattern in oracle.PATTERNS.items():
            compiled = oracle.compiled(pattern)
            ids, pairs = train(self.texts_[:400], compiled, 150)
            for whole in (False, True):
                # A token that no merge makes is only found whole.
                more = {**ids, b" deadbeef": len(ids), "日本".encode(): len(ids) + 1}
                # Ids in another order than that of the merges, which alone ranks them.
                vocabulary = oracle.Merges(dict(zip(more, self.rng.sample(range(len(more)), len(more)))), pairs, whole)
                path = self.write("made.json", oracle.tokenizer_json(vocabulary, name))
                texts = self.texts_ + ["a deadbeef", "日本"]
                with self.subTest(pattern=name, whole=whole):
                    self.assert_same(texts, [oracle.encode(t.encode(), compiled, vocabulary) for t in texts], "--tokenizer", path)

    def test_a_rank_file_without_sense(self):
        # As many tokens as r50k_base has, of random tokens put together: merges compete as they never do in a real one.
        tokens = list(BYTES)
        known = set(tokens)
        while len(tokens) < 50256:
            token = self.rng.choice(tokens[:2000]) + self.rng.choice(tokens[:3000])
            if len(tokens) < 3000:
                word = self.rng.choice(self.texts_).encode()
                at = self.rng.randrange(len(word) + 1)
                token = word[at : at + self.rng.randrange(2, 6)] or token
            if token not in known:
                known.add(token)
                tokens.append(token)
        ids = {token: rank for rank, token in enumerate(tokens)}
        lines = [base64.b64encode(token).decode() + f" {rank}\n" for token, rank in ids.items()]
        self.rng.shuffle(lines)
        path = self.write("made.tiktoken", "".join(lines))
        compiled, vocabulary = oracle.compiled(oracle.PATTERNS["gpt2"]), oracle.Ranks(ids)
        expected = [oracle.encode(text.encode(), compiled, vocabulary) for text in self.texts_]
        self.assert_same(self.texts_, expected, "--encoding", "r50k_base", "--vocabulary", path)
        self.assert_same(self.texts_, expected, "--encoding", "gpt2", "--vocabulary",
                         self.write("made.zst", zstandard.compress("".join(lines).encode())))

    def test_merges_as_pairs_and_nfc(self):
        compiled = oracle.compiled(oracle.PATTERNS["qwen2"])
        vocabulary = oracle.Merges(*train(self.texts_[:200], compiled, 100))
        file = oracle.tokenizer_json(vocabulary, "qwen2")
        file["normalizer"] = {"type": "NFC"}
        file["model"]["merges"] = [merge.split(" ") for merge in file["model"]["merges"]]
        file["pre_tokenizer"]["pretokenizers"][0] |= {"behavior": "Removed", "invert": True}
        path = self.write("nfc.json", file)
        # Characters that Python's Unicode knows: what is younger is not normalised.
        texts = ["".join(c for c in text if unicodedata.category(c) != "Cn") for text in self.texts_]
        # And marks that are younger than Unicode 9 are not either: they stay behind, or before, older ones.
        texts += ["e" + "".join(self.rng.choices("\u0898\u0323\u0301\u1ABF\u1DF9\u0316\U00011938\u08D4", k=4)) for _ in range(200)]
        normal = [oracle.nfc(text) for text in texts]
        self.assertNotEqual(normal, [unicodedata.normalize("NFC", text) for text in texts])
        self.assertEqual(self.ids(texts, "--tokenizer", path),
                         [oracle.encode(text.encode(), compiled, vocabulary) for text in normal])

    def test_added_tokens(self):
        vocabulary = oracle.Merges(dict(BYTES), [])
        added = [("<|end_of_text|>", 300, True), ("<|x|>", 301, True), ("<tool>", 302, False), ("<tool>>", 303, False)]
        path = self.write("added.json", oracle.tokenizer_json(vocabulary, "cl100k", added))
        text = "<tool>>a<tool><|x|>"
        self.assertEqual(self.ids([text], "--tokenizer", path), [[303, 97, 302, *b"<|x|>"]])
        self.assertEqual(self.ids([text], "--tokenizer", path, "--allow-special"), [[303, 97, 302, 301]])
        self.assertEqual(self.texts([[303, 97, 302, 301]], "--tokenizer", path), [text])


    def test_a_vocabulary_without_the_bytes_that_no_text_has(self):
        """As that of GPT-NeoX, Pythia and OLMo, whose runs of blanks are added tokens, and tokens of the vocabulary twice."""
        ids = {token: number for token, number in BYTES.items() if token[0] not in (0xC0, 0xC1) and token[0] < 0xF5}
        file = oracle.tokenizer_json(oracle.Merges({**ids, b"  ": 256}, [(b" ", b" ")]), "gpt2", [("   ", 301, False), ("  ", 300, False)])
        for vocabulary in ({}, {"  ": 300}):
            file["model"]["vocab"] |= vocabulary
            path = self.write("neox.json", file)
            text = "a   b  c d\u00e9 \U0010FFFF"
            expected = [97, 301, 98, 300, 99, 32, 100, *"\u00e9 \U0010FFFF".encode()]
            self.assertEqual(self.ids([text], "--tokenizer", path), [expected])
            self.assertEqual(self.texts([[*expected, 256]], "--tokenizer", path), [text + "  "])
        self.assertEqual(self.texts([[300, 256]], "--tokenizer", path), ["    "])
        # No text is a token that is not written in the byte alphabet, be it as a whole word.
        file["model"] |= {"ignore_merges": True, "vocab": file["model"]["vocab"] | {"\u65e5\u672c": 302}}
        self.assertEqual(self.ids(["\u65e5\u672c"], "--tokenizer", self.write("neox.json", file)), [list("\u65e5\u672c".encode())])
        file["model"]["vocab"]["\u65e5"] = 302
        self.fails(4, "its id 302 is another token's too", [], "--tokenizer", self.write("neox.json", file))
        del file["model"]["vocab"]["\u65e5"]
        file["added_tokens"].append(file["added_tokens"][0] | {"content": "\u0120\u0120", "id": 310})  # 256 is called so
        self.fails(4, "with id 310 is not what the vocabulary has", [], "--tokenizer", self.write("neox.json", file))

    def test_the_end_of_a_document_is_in_no_text(self):
        vocabulary = oracle.Merges({**BYTES, b"ab": 256}, [(b"a", b"b")])
        added = [("<|endoftext|>", 300, False), ("<|im_end|>", 301, False)]
        path = self.write("ends.json", oracle.tokenizer_json(vocabulary, "cl100k", added))
        text, named = "<|endoftext|><|im_end|>", ("--eos", "<|im_end|>")
        self.assertEqual(self.ids([text], "--tokenizer", path), [[*b"<|endoftext|>", 301]])
        self.assertEqual(self.ids([text], "--tokenizer", path, *named), [[300, *b"<|im_end|>"]])
        self.assertEqual(self.ids([text], "--tokenizer", path, *named, "--allow-special"), [[300, 301]])
        self.assertEqual(self.texts([[300, 301]], "--tokenizer", path, *named), [text])
        self.fails(2, 'eos: no special token is "<|x|>"', [], "--tokenizer", path, "--eos", "<|x|>")
        deepseek = "<\uff5cend\u2581of\u2581sentence\uff5c>"  # is an end by its name too, and so text
        path = self.write("ends.json", oracle.tokenizer_json(vocabulary, "deepseek3", [(deepseek, 300, False), ("<x>", 301, False)]))
        self.assertEqual(self.ids([deepseek + "<x>"], "--tokenizer", path), [[*deepseek.encode(), 301]])
        path = self.write("ab.json", oracle.tokenizer_json(vocabulary, "cl100k", [*added, ("ab", 256, True)]))
        self.fails(2, 'eos: "ab" ends documents, but merges make it of texts too', [], "--tokenizer", path, "--eos", "ab")
        self.assertEqual(self.ids(["cab"], "--tokenizer", path), [[99, 256]])


class Refused(Case):
    def file(self):
        ids = {**BYTES, b"ab": 256, b"abc": 257}
        return oracle.tokenizer_json(oracle.Merges(ids, [(b"a", b"b"), (b"ab", b"c")]), "cl100k", [("<|x|>", 258, True)])

    def test_what_a_tokenizer_json_may_not_have(self):
        split, byte_level = self.file()["pre_tokenizer"]["pretokenizers"]
        sequence = lambda *steps: {"type": "Sequence", "pretokenizers": list(steps)}
        token = self.file()["added_tokens"][0]
        model = self.file()["model"]
        changes = [
            ({"truncation": {"max_length": 8}}, "truncation: "),
            ({"padding": {"strategy": "BatchLongest"}}, "padding: "),
            ({"normalizer": {"type": "NFKC"}}, "normalizer: expected null or NFC; found NFKC"),
            ({"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}}, "found Lowercase"),
            ({"decoder": {"type": "Metaspace"}}, "decoder: expected ByteLevel; found Metaspace"),
            ({"decoder": None}, "decoder: expected ByteLevel; found none"),
            ({"pre_tokenizer": None}, "pre_tokenizer: "),
            ({"pre_tokenizer": {"type": "Whitespace"}}, "found Whitespace"),
            ({"pre_tokenizer": sequence({"type": "Digits"}, byte_level)}, "individual_digits: expected true"),
            ({"pre_tokenizer": sequence({"type": "Digits", "individual_digits": True}, byte_level)}, "use_regex: expected true"),
            ({"pre_tokenizer": sequence({"type": "Digits"}, split, byte_level)}, "found Sequence Digits Split ByteLevel"),
            ({"pre_tokenizer": sequence(split, split, byte_level)}, "found Sequence Split Split ByteLevel"),
            ({"pre_tokenizer": sequence(split, split, split, byte_level)}, "this regular expression is not known: ["),
            ({"pre_tokenizer": sequence(split, split | {"behavior": "Removed", "invert": True}, split, byte_level)},
             "expected Isolated; found \"Removed\" and inverted"),
            ({"pre_tokenizer": byte_level}, "use_regex"),
            ({"pre_tokenizer": sequence(split, byte_level | {"use_regex": True})}, "use_regex"),
            ({"pre_tokenizer": sequence(split, byte_level | {"add_prefix_space": True})}, "add_prefix_space"),
            ({"pre_tokenizer": sequence(split, {"type": "ByteLevel"})}, "add_prefix_space"),
            ({"pre_tokenizer": sequence(split | {"pattern": {"Regex": "\\w+"}}, byte_level)}, "is not known: \"\\\\w+\""),
            ({"pre_tokenizer": sequence(split | {"pattern": {"String": " "}}, byte_level)}, "pattern: expected"),
            ({"pre_tokenizer": sequence(split | {"behavior": "MergedWithNext"}, byte_level)}, "MergedWithNext"),
            ({"pre_tokenizer": sequence(split | {"invert": True}, byte_level)}, "inverted"),
            ({"model": model | {"type": "Unigram"}}, "model: expected BPE; found Unigram"),
            ({"model": {"vocab": []}}, "model: expected an object with `type`"),
            ({"model": model | {"dropout": 0.1}}, "model.dropout: 0.1 is not done"),
            ({"model": model | {"byte_fallback": True}}, "model.byte_fallback"),
            ({"model": model | {"continuing_subword_prefix": "##"}}, "continuing_subword_prefix"),
            ({"model": model | {"end_of_word_suffix": "</w>"}}, "end_of_word_suffix"),
            ({"model": model | {"news": 1}}, "model.news: this setting is not known"),
            ({"model": model | {"ignore_merges": 1}}, "model.ignore_merges: expected true or false"),
            ({"model": model | {"vocab": {}}}, "model.vocab"),
            ({"model": model | {"vocab": {k: v for k, v in model["vocab"].items() if k != "!"}}}, "no token for byte 33"),
            ({"model": model | {"vocab": model["vocab"] | {"zz": 256}}}, "model.vocab: token"),
            ({"model": model | {"vocab": model["vocab"] | {"zz": -1}}}, "token \"zz\": expected an id"),
            ({"model": model | {"vocab": model["vocab"] | {"zz": 2**31}}}, "token \"zz\": expected an id"),
            ({"model": model | {"merges": ["a b", "a b"]}}, "model.merges[1]: this merge is there already"),
            ({"model": model | {"vocab": model["vocab"] | {"zzz": 65536 + 259}}}, "token \"zzz\": expected an id below 65795"),
            ({"model": model | {"merges": ["a zz"]}}, "model.merges[0]: \"zz\" is no token"),
            ({"model": model | {"merges": ["b a"]}}, "model.merges[0]: \"ba\", which it makes, is no token"),
            ({"model": model | {"merges": ["ab"]}}, "model.merges[0]: expected"),
            ({"model": model | {"merges": [["a", "b", "c"]]}}, "model.merges[0]: expected"),
            ({"model": model | {"merges": {}}}, "model.merges: expected an array"),
            ({"added_tokens": [token | {"lstrip": True}]}, "added_tokens[0].lstrip: is not done for \"<|x|>\""),
            ({"added_tokens": [token | {"rstrip": True}]}, "added_tokens[0].rstrip"),
            ({"added_tokens": [token | {"single_word": True}]}, "added_tokens[0].single_word"),
            ({"added_tokens": [token, token]}, "added_tokens[1]: \"<|x|>\" is there twice"),
            ({"added_tokens": [token | {"id": 97}]}, "added_tokens[0]: \"<|x|>\" with id 97 is not what the vocabulary has"),
            ({"added_tokens": [token | {"content": "abc"}]}, "is not what the vocabulary has"),
            ({"added_tokens": [token | {"content": ""}]}, "added_tokens[0]: expected `content`"),
            ({"added_tokens": {}}, "added_tokens: expected an array"),
        ]
        for change, message in changes:
            with self.subTest(change=change):
                path = self.write("changed.json", self.file() | change)
                self.fails(4, message, [], "--tokenizer", path)
                self.fails(4, str(path), [], "--tokenizer", path)
        self.assertEqual(self.ids(["abcab"], "--tokenizer", self.write("good.json", self.file())), [[257, 256]])
        old = self.file()
        del old["model"]["type"]
        old["model"]["unk_token"] = "<|x|>"
        self.assertEqual(self.ids(["abcab"], "--tokenizer", self.write("old.json", old)), [[257, 256]])

    def test_files_that_are_none(self):
        good = [base64.b64encode(token).decode() + f" {rank}" for token, rank in BYTES.items()]
        changed = lambda line, text: [*good[:line], text, *good[line + 1 :]]
        for lines, message in [
                (changed(7, "Bw== 8"), "line 9: rank 8 is there twice"),
                (changed(7, "CA== 7"), "line 9: the token of rank 7 again, as rank 8"),
                (good[:7] + good[8:], "rank 7 is missing; the largest is 255"),
                (changed(7, "QUJD 7"), "no token for byte 7 alone"),
                (changed(7, "B= 7"), "line 8: `B=` is no token in base64"),
                (changed(7, "Bx== 7"), "line 8: `Bx==` is no token in base64"),
                (changed(7, " 7"), "line 8: `` is no token"),
                (changed(7, "Bw=="), "line 8: expected a token in base64, a space and a rank"),
                (changed(7, "Bw== seven"), "line 8: expected a rank below"),
                (changed(7, "Bw== -7"), "line 8: expected a rank below"),
                (changed(7, "Bw== 4294967303"), "line 8: expected a rank below"),
                (good, "expected the 50256 tokens of gpt2; found 256"),
                ([], "no token for byte 0 alone")]:
            with self.subTest(message):
                path = self.write("bad.tiktoken", "\n".join(lines))
                self.fails(4, f"{path}: {message}", [], "--encoding", "gpt2", "--vocabulary", path)
        letter = oracle.byte_alphabet()
        encoder = self.write("encoder.json", {letter[b]: b for b in range(256)} | {"ab": 256})
        gap = self.write("gap.json", {letter[b]: b for b in range(256)} | {"ab": 257})
        merges = self.write("vocab.bpe", "#version: 0.2\na b\n")
        gpt2 = lambda encoder, merges: ("--encoding", "gpt2", "--vocabulary", encoder, "--merges", merges)
        self.fails(4, "id 256 is missing; the largest is 257", [], *gpt2(gap, merges))
        self.fails(4, "expected the 50257 tokens of gpt2; found 257", [], *gpt2(encoder, merges))
        self.fails(4, "line 2: expected two tokens", [], *gpt2(encoder, self.write("bad.bpe", "#version: 0.2\nab\n")))
        self.fails(4, 'line 3: "zz" is no token', [], *gpt2(encoder, self.write("bad.bpe", "#version: 0.2\na b\nzz a\n")))
        self.fails(4, "no JSON at offset", [], *gpt2(self.write("bad.json", '{"a": '), merges))
        self.fails(4, "cannot open", [], "--encoding", "gpt2", "--vocabulary", self.folder / "none")
        self.fails(4, "expected tokenizer.json or a SentencePiece model", [], "--tokenizer", self.write("x", "\n".join(good)))
        self.fails(4, "expected tokenizer.json or a SentencePiece model", [], "--tokenizer", self.write("x", ""))
        self.fails(4, "expected an object with `model`", [], "--tokenizer", self.write("x.json", "{}"))
        self.fails(2, "encoder.json needs `merges`", [], "--encoding", "gpt2", "--vocabulary", encoder)

    def test_options_that_do_not_go_together(self):
        for message, *options in [
                ("expected an `encoding`, or a `tokenizer`",), ("and not both", "--encoding", "bytes", "--tokenizer", "x"),
                ("`cl100_base` is not known; did you mean `cl100k_base`?", "--encoding", "cl100_base"),
                ("`p50k` is not known; allowed: gpt2, r50k_base, cl100k_base, o200k_base, bytes", "--encoding", "p50k"),
                ("encoding gpt2 needs its file of ranks, such as r50k_base.tiktoken", "--encoding", "gpt2"),
                ("bytes has none", "--encoding", "bytes", "--vocabulary", "x"),
                ("a tokenizer file has its own", "--tokenizer", "x", "--vocabulary", "y"),
                ("merges: goes with `vocabulary`", "--encoding", "gpt2", "--merges", "y"),
                ("cl100k_base has a rank file only", "--encoding", "cl100k_base", "--vocabulary", "x", "--merges", "y")]:
            with self.subTest(options):
                self.fails(2, message, [], *options)


class Categories(unittest.TestCase):
    def test_the_table_is_unicode(self):
        """What Python's Unicode knows has not changed; what it does not is a letter, mark, number or nothing."""
        known = {}
        classes = {"Lu": "upper", "Lt": "upper", "Ll": "lower", "Lm": "caseless", "Lo": "caseless"}
        for first, last, name in re.findall(r"\{0x(\w+), 0x(\w+), (\w+)\}", oracle.TABLE.read_text()):
            known.update(dict.fromkeys(range(int(first, 16), int(last, 16) + 1), name))
        for code_point in range(0x110000):
            category = unicodedata.category(chr(code_point))
            expected = classes.get(category) or {"M": "mark", "N": "number", "P": "symbol", "S": "symbol"}.get(category[0])
            if category != "Cn":
                self.assertEqual(known.get(code_point), expected, hex(code_point))

    def test_words_tsv_is_what_its_script_writes(self):
        written = subprocess.run([sys.executable, "-B", Path(__file__).with_name("make_words.py")], capture_output=True, check=True)
        self.assertEqual(written.stdout, Path(__file__).with_name("words.tsv").read_bytes())


if __name__ == "__main__":
    unittest.main()
