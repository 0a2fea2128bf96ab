#!/usr/bin/env python3
"""Writes category_ranges.inc: general categories as far as the patterns of tokenizers tell them apart.

Run it as `python3 make_category_ranges.py > category_ranges.inc` with the module unicodedata2 of Unicode 16 (pip
install unicodedata2==16.0.0): the version that the libraries tiktoken 0.14 and tokenizers 0.23 have. The table is
committed so that ids do not depend on the Unicode library at hand.
"""
import sys

import unicodedata2

UNICODE_VERSION = "16.0.0"
NAMES = {"Lu": "upper", "Lt": "upper", "Ll": "lower", "Lm": "caseless", "Lo": "caseless",
         "Mn": "mark", "Mc": "mark", "Me": "mark", "Nd": "number", "Nl": "number", "No": "number",
         **{name: "symbol" for name in ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So")}}


def ranges():
    first, name = 0, None
    for code_point in range(sys.maxunicode + 2):
        here = NAMES.get(unicodedata2.category(chr(code_point))) if code_point <= sys.maxunicode else None
        if here != name:
            if name:
                yield first, code_point - 1, name
            first, name = code_point, here


def main():
    if unicodedata2.unidata_version != UNICODE_VERSION:
        sys.exit(f"this unicodedata2 knows Unicode {unicodedata2.unidata_version}, not {UNICODE_VERSION}")
    print(f"// Unicode {UNICODE_VERSION}: upper Lu Lt, lower Ll, caseless Lm Lo, mark M*, number N*, symbol P* S*. "
          "Written by make_category_ranges.py.")
    for first, last, name in ranges():
        print("{0x%X, 0x%X, %s}," % (first, last, name))


if __name__ == "__main__":
    main()
