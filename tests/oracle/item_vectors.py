"""The score `embedding` of decontaminate: items and chunks of documents, about as long, as unit vectors; a
chunk says of the item nearest to it how near it is."""

import embed
from semantic import MILLION, cosine, millionths, unit
from text import words

SIZES = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512]  # words of a chunk
LEAST = MILLION // 2  # less is no hit


def size_for(n):
    return next((size for size in SIZES if size >= n), SIZES[-1])


def chunks(n, size):
    """Words [begin, end) of a text of n; the last of them ends where it does."""
    last = max(0, -((size - n) // (size // 4)))  # in quarters of a chunk
    return [(at, min(at + size, n)) for at in range(0, (last + 1) * (size // 4), size // 4)] if n else []


class ItemVectors:
    def __init__(self, items, texts, settings, tables):
        self.settings, self.cache, self.known = dict(settings, **{"from": settings["embed"]}), {"tables": tables}, {}
        self.by_size = {}
        for item in items:
            vector = self.of(texts[item.names[0]])
            if vector is not None:
                self.by_size.setdefault(size_for(len(item.words)), []).append((item, vector))

    def of(self, text):
        if text not in self.known:
            vector = embed.vector_of_text(text, self.settings, self.cache)
            self.known[text] = None if vector is None else unit([float(x) for x in vector])
        return self.known[text]

    def nearest(self, text, byte_spans, only=None):
        """{item: (millionths, its chunk)}; only: (item, begin, end) asks for chunks of its size that touch
        these words."""
        n, found = len(words(text)), {}
        for size, candidates in self.by_size.items():
            spans = chunks(n, size)
            if only:
                spans = [s for s in spans if size == size_for(len(only[0].words)) and s[0] < only[2] and s[1] > only[1]]
            for span, (begin, end) in zip(spans, byte_spans(text, spans)):
                vector = self.of(text.encode()[begin:end].decode())
                if vector is None:
                    continue
                near = [cosine(vector, other) for _, other in candidates]
                best = max(range(len(near)), key=lambda i: (near[i], -i))
                item, score = candidates[best][0], max(0, millionths(near[best]))
                if item not in found or score > found[item][0]:
                    found[item] = score, span
        return found
