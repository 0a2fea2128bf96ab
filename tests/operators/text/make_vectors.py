#!/usr/bin/env python3
"""Writes what the C++ text functions must give, computed with none of them.

Definitions are those of the docstrings in operators/text and operators/dedup/signature; the sources
are Python's unicodedata (Unicode 14) and the xxhash module. Run it as
`python3 make_vectors.py DIRECTORY`; the results are committed beside it:

  hash_text.tsv   input, NFKC_Casefold, word hashes, digest of 3-word shingles, of 7-character
                  shingles, of a signature of 20 hashes with seed 42 over the word shingles
  code_points.tsv first code point of a block of 256, digest of what each of them becomes
  normalize.tsv   settings (1 nfc, 2 control, 4 white space, 8 case fold), input, output

Texts are hexadecimal UTF-8; a digest of numbers is the XXH3-64 of them as u64 little-endian.
"""
import itertools
import pathlib
import random
import re
import struct
import sys
import unicodedata

import xxhash

MASK = (1 << 64) - 1
MULTIPLIER = 0x9E3779B97F4A7C15

IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # Default_Ignorable_Code_Point of DerivedCoreProperties.txt 14.0
ALONE = [
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3041, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x1AFF0, 0x1AFFF),
    (0x1B000, 0x1B16F), (0x20000, 0x3FFFF), (0x0E00, 0x0E7F), (0x0E80, 0x0EFF), (0x1000, 0x109F),
    (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0x1780, 0x17FF),
]

BLANKS = "".join(c for c in map(chr, range(0x110000)) if unicodedata.category(c) == "Zs")


def within(ranges, character):
    return any(first <= ord(character) <= last for first, last in ranges)


def nfkc_casefold_of_one(character):
    now = character
    while True:
        stripped = "".join(c for c in now if not within(IGNORABLE, c))
        after = unicodedata.normalize(
            "NFKC", unicodedata.normalize("NFKC", stripped).casefold())
        if after == now:
            return now
        now = after


def nfkc_casefold(text):
    return unicodedata.normalize("NFC", "".join(nfkc_casefold_of_one(c) for c in text))


def word_class(character):
    if unicodedata.category(character)[0] not in "LMN":
        return 0
    return 2 if within(ALONE, character) else 1


def words(folded):
    found, word = [], ""
    for character in folded:
        kind = word_class(character)
        if kind == 1:
            word += character
            continue
        if word:
            found.append(word)
        word = ""
        if kind == 2:
            found.append(character)
    return found + [word] if word else found


def xxh3(data, seed=0):
    return xxhash.xxh3_64_intdigest(data, seed=seed)


def mix64(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def word_shingles(hashes, size):
    def combined(window):
        last = len(window) - 1
        return sum(h * MULTIPLIER ** (last - i) for i, h in enumerate(window)) & MASK

    if not hashes:
        return []
    if len(hashes) < size:
        return [mix64((combined(hashes) + len(hashes) * 0xD6E8FEB86659FD93) & MASK)]
    return [mix64(combined(hashes[i:i + size])) for i in range(len(hashes) - size + 1)]


def character_shingles(listed, size):
    joined = " ".join(listed)
    if not listed:
        return []
    if len(joined) < size:
        return [xxh3(joined.encode(), 1)]
    return [xxh3(joined[i:i + size].encode()) for i in range(len(joined) - size + 1)]


def signature(shingles, hashes, seed):
    def number(n):
        return mix64((seed + (n + 1) * MULTIPLIER) & MASK)

    b1, b2, c = number(0), number(1), number(2)
    factors = [number(3 + j) & 0xFFFFFFFF for j in range(hashes)]
    minima = [0xFFFFFFFF] * hashes
    for x in shingles:
        low, high = x & 0xFFFFFFFF, x >> 32
        shared = ((b1 * low + b2 * high + c) & MASK) >> 32
        for j, factor in enumerate(factors):
            minima[j] = min(minima[j], (factor * (low | 1) + shared) & 0xFFFFFFFF)
    return minima


def digest(numbers):
    return "%016x" % xxh3(struct.pack("<%dQ" % len(numbers), *numbers))


def normalized(text, settings):
    if settings & 1:
        text = unicodedata.normalize("NFC", text)
    if settings & 2:
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    if settings & 4:
        text = re.sub("[\t%s]+" % BLANKS, " ", text)
        text = re.sub(" (?=\n|\\Z)", "", text)
        text = re.sub("\n{3,}", "\n\n", text)
    if settings & 8:
        folded = text.casefold()
        if folded != text and settings & 1:
            folded = unicodedata.normalize("NFC", folded)
        text = folded
    return text


CHOSEN = [
    "", " ", "a", "One two, three.", "don't stop", "x_y-z", "3.14 and 1,000", "A\0B", "tab\tand\nline",
    "e\u0301", "E\u0301a", "cafe\u0301s cafés CAFÉS", "a\u0323\u0307 a\u0307\u0323", "=\u0338 <\u0338 a\u0338",
    "\u0301start", "“\u0301”", "—\u0308x", "\u00a0\u0301", "\u00a0a\u00a0", "“quoted” ‘text’ – dash — bullet • …",
    "straße STRASSE ẞ", "İstanbul ısı I\u0307", "ﬁne ﬂow ﬃ ﬅ", "Ａｂｃ１２３", "①②③ Ⅷ ½ ²", "K Å Ω", "ſ ẛ\u0323",
    "Σίσυφος ΣΊΣΥΦΟΣ ᾳ ᾼ \u0345α\u0345", "Привет, МИР!", "и\u0306 й", "한국어 텍스트", "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "가\u11a8 각", "ㅎㅏㄴ", "漢字かな交じり文。カタカナ ｶﾞｷﾞ が か\u3099", "中文abc混合 English中文", "人人々〆〇〡", "㍿ ㌔ ㈱ ﷺ",
    "สวัสดีครับ ภาษาไทย abcไทย", "ລາວ ພາສາ", "မြန်မာ", "ភាសាខ្មែរ", "हिन्दी पाठ क़ क\u093c", "বাংলা ো \u09c7\u09be",
    "தமிழ் ொ \u0bc6\u0bbe", "العربية ﻻ ﷲ ١٢٣", "עברית שׁ \u05e9\u05c1", "ไทย\u0e33 \u0e4d\u0e32", "😀 emoji 👨\u200d👩\u200d👧 x",
    "👍🏽👍", "a\u200db\u200d\u0301c", "a\u200d\u0301", "soft\u00adhyphen", "zero\u200bwidth\ufeffmarks\u2060joined", "a\u034f\u0301",
    "\ufe0f", "❤\ufe0f heart", "e\ufe0f\u0301", "\u115f\u1160 \u3164 \uffa0", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛 𝒜\u0301", "𐐀𐐨 Deseret", "𝅗𝅥 𝅘𝅥𝅮",
    "𠀀𠀁 \U0002f800 \uf900", "\U000e0041tag\U000e007f", "\U000f0000private\ue000", "\u0378unassigned\U0001e030",
    "\u0958\u0344\u0343", "ǅ ǆ Ǆ ŉ ǰ ΐ", "\u1e9b\u0323", "ﾊﾟ ﾊ\uff9f", "Ⓐⓐ ㊀ ㋐", "¨ ´ ˚ ¯a", "ⅰⅱ ⅳ", "ªº", "℡ ™ ℀", "⁄ 1⁄2",
    "\u0f71\u0f72\u0f74 \u0f73\u0f75", "\u1b05\u1b35", "\U00011099\U000110ba", "a" * 70 + "é", "é" * 33 + "z" * 31 + "漢" * 22,
    "x" * 63 + " " + "y" * 64 + "é" + "w" * 127 + "ไ", "a " * 40 + "漢字" * 20, "Z" * 31 + "\u0301" + "Z" * 32 + "\u0301",
]
ALPHABETS = [
    "abcXYZ 019.,'-\n", "aeioucnAEIOU \u0300\u0301\u0302\u0308\u0323\u0327\u0338", "éèüßñÇÅ aeo'’“”—\u00a0",
    "αβγςΣΆΐᾳ\u0345\u0301 ", "абвЁЙй\u0306 .", "\u1100\u1161\u11a8\u1175가각힣 a", "漢字仮名かなカナーが\u3099 a。",
    "กขคำ\u0e33\u0e31\u0e48 ab", "\u200d\u200c\u00ad\u034fae\u0301 \ufe0f", "😀👩\u200d🏽❤\ufe0f a", "\U0001d400\U0001d7ce\U00010400\U00020000 z\u0301",
    "ﬁﬀ①Ⅷ½ＡＢ㍿ｶﾞ ", "नमस्ते\u093cक\u200d ", "شﻻﷲ\u064b\u0651 ", "\u0f71\u0f72\u0f74\u0f80\u0f90 ", "\u0378\U0001e030\U000e0020 é",
]
NORMALIZED = [
    "", "plain text\n", "e\u0301 \u0001a\r\nb", "a\u0001\u0301", "a \t\u00a0b  \n\n\n\n c\t\n", " \n \n \nx", "\u3000\u2003indent \u202f\u205f\u1680end ",
    "Stra\u00dfE \u0130\u0131I\u0307 ΑΣ", "\u1fb3\u0345", "\u0085\u0080\u009f\u00a0\u007f", "\n\n\n", "\u212b\u2126\u0340", "ŉ\u0301 ǰ\u0323", "\t", "a\n\n\n\nb\n\n\nc", "\x0b\x0c\x1c", "\u2028\u2029",
]


def texts():
    source = random.Random(14)
    made = list(CHOSEN)
    for _ in range(15):
        for alphabet in ALPHABETS:
            made.append("".join(source.choices(alphabet, k=source.randrange(1, 70))))
    everything = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    made += ["".join(source.choices(everything, k=40)) for _ in range(40)]
    combining = [c for c in everything if unicodedata.category(c)[0] == "M"]
    made += ["".join(source.choice(source.choice((everything[:128], combining))) for _ in range(30)) for _ in range(40)]
    return made


def hash_text_line(text):
    folded = nfkc_casefold(text)
    listed = words(folded)
    hashes = [xxh3(word.encode()) for word in listed]
    shingles = word_shingles(hashes, 3)
    return "\t".join([
        text.encode().hex(), folded.encode().hex(), ",".join("%016x" % h for h in hashes),
        digest(shingles), digest(character_shingles(listed, 7)), digest(signature(shingles, 20, 42))])


def code_point_lines():
    for block in range(0, 0x110000, 256):
        members = [chr(c) for c in range(block, block + 256)]
        if all(unicodedata.category(c) in ("Cn", "Cs", "Co") for c in members) and block >> 16 != 14:
            continue
        content = b""
        for c in members:
            if unicodedata.category(c) == "Cs":
                continue
            for form in nfkc_casefold_of_one(c), unicodedata.normalize("NFC", c), c.casefold():
                content += form.encode() + b"\n"
            content += b"%d\n" % word_class(c)
        yield "%06x\t%016x" % (block, xxh3(content))


def normalize_lines():
    source = random.Random(15)
    alphabet = "abCÉé\u0301\u0327\r\n\n\n\t  \u00a0\u2003\u3000\u0000\u0007\u0085ßİΣſ漢\u200b\u2028\U00010400"
    made = NORMALIZED + ["".join(source.choices(alphabet, k=source.randrange(1, 40))) for _ in range(20)]
    for text, settings in itertools.product(made, range(16)):
        yield "%d\t%s\t%s" % (settings, text.encode().hex(), normalized(text, settings).encode().hex())


def main():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("these vectors are made with Unicode 14.0.0, not " + unicodedata.unidata_version)
    directory = pathlib.Path(sys.argv[1])
    for name, lines in [("hash_text.tsv", map(hash_text_line, texts())),
                        ("code_points.tsv", code_point_lines()),
                        ("normalize.tsv", normalize_lines())]:
        (directory / name).write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
