"""Random strings for tokenizers: where patterns decide differently, characters of all kinds stand side by side."""

ALPHABETS = [
    "abcdefgh ", "ABCdef' ", "'sStTrReEvVmMlLdD\u017f ", "0123456789 ,.\u0663\u0968\u00bd\u2164", " \t\n\r", " \t\n\r\u00a0\u3000\u2028\u0085\x1c/a1",
    "\u00e9\u00c9e\u0301A\u0300\u0327n\u0303", "\u01c5\u01c8\u02b0\u02b1\u00aa\u00baAa", "\u65e5\u672c\u8a9e\u304b\u30ca\uac00ABab", "\u0623\u0644\u0639\u0631\u0628\u064a\u0629\u064e ", "\u0939\u093f\u0928\u094d\u0926\u0940 ",
    "\U0001f600\U0001f1ea\U0001f1ec\u200d\ufe0f\U0001f3fd ", "!?/.,;:-_=+*#@()[]{}<>|\\\"'`~^$%& \n", "\x00\x01\x7f\ufffd\ufeff\ue000 a", "<|endoftext|> ",
]


def random_character(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return chr(rng.randrange(0x80))
    limit = [0x800, 0x3000, 0x110000][kind - 1]
    code_point = rng.randrange(limit)
    return chr(code_point) if not 0xD800 <= code_point < 0xE000 else " "


def random_text(rng, corpus=()):
    """A short text; `corpus` are texts to cut pieces out of."""
    pieces = []
    for _ in range(rng.randrange(1, 7)):
        kind = rng.randrange(5)
        if kind == 0:
            pieces.append("".join(random_character(rng) for _ in range(rng.randrange(1, 9))))
        elif kind == 1 and corpus:
            text = rng.choice(corpus)
            at = rng.randrange(len(text) or 1)
            pieces.append(text[at : at + rng.randrange(1, 80)])
        elif kind == 2:
            pieces.append(rng.choice(rng.choice(ALPHABETS)) * int(rng.paretovariate(0.7)) if rng.random() < 0.3 else "")
        else:
            alphabet = rng.choice(ALPHABETS)
            pieces.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 30))))
    return "".join(pieces)[:2000]


def random_bytes(rng, corpus=()):
    """The same with bytes put in, taken out and changed, so that much of it is no UTF-8."""
    data = bytearray(random_text(rng, corpus).encode())
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(3)] = bytes(rng.choice([rng.randrange(256), rng.randrange(0x80, 0x100)])
                                                 for _ in range(rng.randrange(3)))
    return bytes(data)
