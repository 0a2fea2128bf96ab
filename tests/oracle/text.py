"""Hash text, words, shingles, signatures: what near-duplicate detection sees of a document."""

import re
import unicodedata
from pathlib import Path

import numpy

from hashes import MASK64, hash64, mix64, utf8

IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
# Scripts written without spaces: each code point is a word (Han, kana, Thai, Lao, Myanmar, Khmer).
ALONE = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U0001aff0-\U0001afff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff]")
# Letters, marks and numbers: the committed table, so that no library update changes a word.
TABLE = Path(__file__).parents[2] / "operators/text/word_ranges.inc"
WORD_CHARACTERS = frozenset(
    c for low, high in re.findall(r"\{(0x[0-9A-Fa-f]+), (0x[0-9A-Fa-f]+)\}", TABLE.read_text())
    for c in range(int(low, 16), int(high, 16) + 1))


def nfkc_casefold(text):
    """Unicode's toNFKC_Casefold: the mapping of each code point, then NFC."""
    return unicodedata.normalize("NFC", "".join(map(_fold_one, text)))


def _fold_one(character, cache={}):
    if character not in cache:
        folded, before = character, None
        while folded != before:
            before = folded
            folded = unicodedata.normalize("NFKC", IGNORABLE.sub("", folded).casefold())
        cache[character] = folded
    return cache[character]


def words(text):
    found, run = [], ""
    for character in nfkc_casefold(text):
        in_word = ord(character) in WORD_CHARACTERS
        alone = in_word and ALONE.match(character)
        if run and (alone or not in_word):
            found.append(run)
            run = ""
        if alone:
            found.append(character)
        elif in_word:
            run += character
    return found + [run] if run else found


def shingles(text, unit, size):
    """The set of shingles, as what they are: tuples of words, or strings."""
    listed = words(text)
    if unit == "characters":
        listed = " ".join(listed)
    if not listed:
        return set()
    last = max(len(listed) - size, 0)
    return {listed[i : i + size] if unit == "characters" else tuple(listed[i : i + size])
            for i in range(last + 1)}


def shingle_hash(shingle, size):
    if isinstance(shingle, str):
        return hash64(utf8(shingle), seed=1 if len(shingle) < size else 0)
    total = 0
    for word in shingle:
        total = (total * 0x9E3779B97F4A7C15 + hash64(utf8(word))) & MASK64
    if len(shingle) < size:
        total = (total + len(shingle) * 0xD6E8FEB86659FD93) & MASK64
    return mix64(total)


def signature(shingle_hashes, hashes, seed):
    """`hashes` 32-bit minima; each hash function is strongly universal on 64-bit keys."""
    def random(n):
        return mix64((seed + (n + 1) * 0x9E3779B97F4A7C15) & MASK64)

    if not shingle_hashes:
        return (0xFFFFFFFF,) * hashes
    x = numpy.array(sorted(shingle_hashes), dtype=numpy.uint64)
    low, high = x & numpy.uint64(0xFFFFFFFF), x >> numpy.uint64(32)
    b1, b2, c = (numpy.uint64(random(n)) for n in range(3))
    shift = (b1 * low + b2 * high + c) >> numpy.uint64(32)
    odd = low | numpy.uint64(1)
    return tuple(
        int(((numpy.uint64(random(3 + j) & 0xFFFFFFFF) * odd + shift) & numpy.uint64(0xFFFFFFFF)).min())
        for j in range(hashes))


def normalize(text, unicode="nfc", control_characters=False, whitespace=False, case_fold=False):
    if unicode == "nfc":
        text = unicodedata.normalize("NFC", text)
    if control_characters:
        text = "".join(c for c in text if unicodedata.category(c) != "Cc" or c in "\n\t")
    if whitespace:
        text = "\n".join(re.sub("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+", " ", line)
                         .rstrip(" ") for line in text.split("\n"))
        text = re.sub("\n{3,}", "\n\n", text)
    if case_fold and text != text.casefold():
        text = text.casefold()
        text = unicodedata.normalize("NFC", text) if unicode == "nfc" else text
    return text
