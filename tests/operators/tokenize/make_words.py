#!/usr/bin/env python3
"""Writes words.tsv: random bytes, most of them no UTF-8, and the words that each pattern cuts them into.

Each line has the pattern, the bytes in hexadecimal and the lengths of the words.
Run it as `python3 make_words.py > words.tsv`.
"""
import random
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "oracle"))
import tokenizer  # noqa: E402
from random_text import random_bytes  # noqa: E402


def main():
    rng = random.Random(20)
    for name, pattern in tokenizer.PATTERNS.items():
        compiled = tokenizer.compiled(pattern)
        for _ in range(200):
            data = random_bytes(rng)[:150]
            print(name, data.hex(), ",".join(str(len(word)) for word in tokenizer.words(compiled, data)), sep="\t")


if __name__ == "__main__":
    main()
