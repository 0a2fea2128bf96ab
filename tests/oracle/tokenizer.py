"""Byte-level BPE: words by the published regular expressions, each merged pair by pair, the lowest rank first."""

import base64
import functools
import json
import re
import unicodedata
from pathlib import Path

TABLE = Path(__file__).parents[2] / "operators/tokenize/category_ranges.inc"
CLASSES = {"upper": r"\p{Lu}\p{Lt}", "lower": r"\p{Ll}", "caseless": r"\p{Lm}\p{Lo}", "mark": r"\p{M}", "number": r"\p{N}",
           "symbol": r"\p{P}\p{S}"}
SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # White_Space

CASED_WORD = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
              r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|")
WORD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
LINES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": WORD + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + LINES,
    "o200k": CASED_WORD + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + LINES,
    "qwen2": WORD + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + LINES,
    # Each cuts what those before it left; what none matches is a word too. Digits are those of Unicode 17.
    "gpt2_digits": ("[\U00011DE0-\U00011DE9\U00016FF4-\U00016FF6" r"\p{N}]", r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
    "deepseek3": (r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
                  r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^""" "\r\n"
                  r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[" "\r\n" r"]*|\s*[" "\r\n" r"]+|\s+(?!\S)|\s+"),
}


def classes():
    """What stands between brackets in `re` for each class that it does not know."""
    found = {name: "" for name in CLASSES}
    for first, last, name in re.findall(r"\{0x(\w+), 0x(\w+), (\w+)\}", TABLE.read_text()):
        found[name] += "%s-%s" % (chr(int(first, 16)), chr(int(last, 16)))
    return found


@functools.cache
def compiled(pattern):
    """A pattern whose \\p{…} stand inside of brackets only after this; `re` has no such classes. A tuple of these."""
    if isinstance(pattern, tuple):
        return tuple(map(compiled, pattern))
    known = classes()
    pattern = re.sub(r"\\p\{\w\}(?![^[]*\])", r"[\g<0>]", pattern)
    for name, written in CLASSES.items():
        pattern = pattern.replace(written, known[name])
    pattern = pattern.replace(r"\p{L}", known["upper"] + known["lower"] + known["caseless"])
    pattern = pattern.replace(r"\S", f"[^{SPACE}]")
    pattern = re.sub(r"\\s(?![^[]*\])", f"[{SPACE}]", pattern).replace(r"\s", SPACE)
    return re.compile(pattern)


def isolated(pattern, text):
    """The matches in a text, and what is between them."""
    at = 0
    for match in pattern.finditer(text):
        if match.start() > at:
            yield text[at:match.start()]
        yield match.group()
        at = match.end()
    if at < len(text):
        yield text[at:]


def words(pattern, data):
    """The words of any bytes; one that is no UTF-8 is a character of no category by itself."""
    pieces = [data.decode("utf-8", "surrogateescape")]
    for each in pattern if isinstance(pattern, tuple) else (pattern,):
        pieces = [part for piece in pieces for part in isolated(each, piece)]
    found = [piece.encode("utf-8", "surrogateescape") for piece in pieces]
    assert b"".join(found) == data
    return found


def merged(parts, merges):
    """`parts` after merges: {(left, right): (rank, both)}, of the lowest rank the leftmost first."""
    parts = list(parts)
    while True:
        ranked = [(merges[pair][0], at) for at, pair in enumerate(zip(parts, parts[1:])) if pair in merges]
        if not ranked:
            return parts
        at = min(ranked)[1]
        parts[at : at + 2] = [merges[parts[at], parts[at + 1]][1]]


class Ranks:
    """{bytes: id}: a word that is a token is its id; any two tokens whose bytes are one merge, by its id."""

    def __init__(self, ids):
        self.ids = ids

    def __contains__(self, pair):
        return pair[0] + pair[1] in self.ids

    def __getitem__(self, pair):
        both = pair[0] + pair[1]
        return self.ids[both], both

    def encode(self, word):
        if word in self.ids:
            return [self.ids[word]]
        return [self.ids[part] for part in merged([word[i : i + 1] for i in range(len(word))], self)]


class Merges:
    """{bytes: id} and a list of pairs in the order of their ranks; `whole`: a word that is a token is its id."""

    def __init__(self, ids, pairs, whole=False):
        self.ids, self.whole = ids, whole
        self.merges = {pair: (rank, pair[0] + pair[1]) for rank, pair in enumerate(pairs)}

    def encode(self, word):
        if self.whole and word in self.ids:
            return [self.ids[word]]
        return [self.ids[part] for part in merged([word[i : i + 1] for i in range(len(word))], self.merges)]


def encode(data, pattern, vocabulary):
    return [token for word in words(pattern, data) for token in vocabulary.encode(word)]


def byte_alphabet():
    """GPT-2's letter for each byte: itself where it is printable in Latin-1, else the next from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + n) for n, b in enumerate(others)}}


def read_ranks(data):
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines())}


def read_gpt2(encoder, vocab_bpe):
    byte = {letter: bytes([b]) for b, letter in byte_alphabet().items()}
    spelt = lambda token: b"".join(byte[letter] for letter in token)
    pairs = [tuple(map(spelt, line.split(" "))) for line in vocab_bpe.decode().split("\n")[1:] if line]
    return Merges({spelt(token): number for token, number in json.loads(encoder).items()}, pairs)


def merges_of_ranks(ids):
    """The pairs that a rank file was trained by, in order: what a token's bytes are just before they become it."""
    pairs = []
    for token, rank in sorted(ids.items(), key=lambda item: item[1]):
        if len(token) > 1:
            before = Below(ids, rank)
            pairs.append(tuple(merged([token[i : i + 1] for i in range(len(token))], before)))
    return pairs


class Below(Ranks):
    def __init__(self, ids, limit):
        self.ids, self.limit = ids, limit

    def __contains__(self, pair):
        return self.ids.get(pair[0] + pair[1], self.limit) < self.limit


# Marks, and what decomposes, that Unicode 10 to 14 brought.
YOUNG = re.compile("([\u07FD\u0898-\u089F\u08CA-\u08D3\u09FE\u0C3C\u0D3B\u0D3C\u0EBA\u1715\u1ABF-\u1ACE\u1DF6-\u1DFA\uA82C"
                   "\U00010D24-\U00010D27\U00010EAB\U00010EAC\U00010F46-\U00010F50\U00010F82-\U00010F85\U00011070\U0001133B"
                   "\U0001145E\U00011839\U0001183A\U00011930\U00011935\U00011938\U0001193D\U0001193E\U00011943\U000119E0"
                   "\U00011A34\U00011A47\U00011A99\U00011D42\U00011D44\U00011D45\U00011D97\U00016FF0\U00016FF1"
                   "\U0001E130-\U0001E136\U0001E2AE\U0001E2EC-\U0001E2EF])")


def nfc(text):
    """As Hugging Face's tokenizers have it: of Unicode 9, so that younger marks stay where they are."""
    return "".join(part if i % 2 else unicodedata.normalize("NFC", part) for i, part in enumerate(YOUNG.split(text)))


def tokenizer_json(vocabulary, pattern, added=(), **model):
    """A file of Hugging Face's for Merges."""
    letter = byte_alphabet()
    spelt = lambda token: "".join(letter[b] for b in token)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": pattern.startswith("gpt2")}
    patterns = PATTERNS[pattern] if isinstance(PATTERNS[pattern], tuple) else (PATTERNS[pattern],)
    splits = [{"type": "Digits", "individual_digits": True}] if pattern == "gpt2_digits" else [{"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False} for regex in patterns]
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": special} for text, number, special in added],
        "pre_tokenizer": byte_level if pattern == "gpt2" else {"type": "Sequence", "pretokenizers": [*splits, byte_level]},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": vocabulary.whole,
                  "vocab": {spelt(token): number for token, number in vocabulary.ids.items()},
                  "merges": [f"{spelt(a)} {spelt(b)}" for a, b in vocabulary.merges], **model},
    }
