#!/usr/bin/env python3
"""Vectors of texts by a sentence model, for a step `embed`:

  - embed: {from: command, column: embedding, dimensions: 384,
            command: [python3, embed_sentences.py, sentence-transformers/all-MiniLM-L6-v2]}

Needs sentence-transformers. Reads a JSON line {"text": …} for each document and writes its vector as
float32, little-endian. The model's own limit of tokens cuts long texts. Vectors of one text in two batches
may differ in their last bits: batches follow from the input files, so a run on other ranks has the same.
"""
import json
import sys

try:
    from sentence_transformers import SentenceTransformer
except ImportError:
    sys.exit("embed_sentences.py needs sentence-transformers: pip install sentence-transformers")

answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what libraries print is no vector
model = SentenceTransformer(sys.argv[1])
for line in sys.stdin.buffer:
    vector = model.encode(json.loads(line)["text"], convert_to_numpy=True)
    answers.write(vector.astype("<f4").tobytes())
    answers.flush()
