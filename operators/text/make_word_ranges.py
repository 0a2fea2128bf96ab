#!/usr/bin/env python3
"""Writes word_ranges.inc: the code points that words are made of (general category L*, M*, N*).

Run it as `python3 make_word_ranges.py > word_ranges.inc`. The table is committed so that a newer
Unicode library does not move word borders, and with them every signature ever stored.
"""
import sys
import unicodedata

UNICODE_VERSION = "14.0.0"


def is_word(code_point):
    return unicodedata.category(chr(code_point))[0] in "LMN"


def ranges():
    first = None
    for code_point in range(sys.maxunicode + 2):
        inside = code_point <= sys.maxunicode and is_word(code_point)
        if inside and first is None:
            first = code_point
        elif not inside and first is not None:
            yield first, code_point - 1
            first = None


def main():
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}, not {UNICODE_VERSION}")
    print(f"// Unicode {UNICODE_VERSION}: general categories L*, M*, N*. Written by make_word_ranges.py.")
    for first, last in ranges():
        print("{0x%X, 0x%X}," % (first, last))


if __name__ == "__main__":
    main()
