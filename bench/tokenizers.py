#!/usr/bin/env python3
"""Our tokenizers beside the Python packages tiktoken and tokenizers: the same ids, and how fast.

    python3 -m venv V && V/bin/pip install tiktoken tokenizers
    cmake --build build/release --target shardmill encode_texts
    V/bin/python bench/tokenizers.py --vocabularies DIR [--texts FILE...]

DIR has r50k_base, cl100k_base and o200k_base.tiktoken, TEXTS are JSON lines with `text`; either may be .zst. For each
encoding the three encode STRINGS random strings of valid UTF-8, which must give the same ids: exit code 1 if not; then
TEXTS on one core and one thread, in turn, ROUNDS times: MB/s are the best round's, `tokenizers` in its batch mode. With
Hugging Face's library the encodings are a tokenizer.json made from the ranks, once as Llama 3 has it (ignore_merges).

A tenth as many random strings of bytes that are no UTF-8 go to tiktoken's `_encode_bytes`, which makes one word of all
bytes from the last word before the first ill-formed one on. Before that the ids must be the same, tiktoken must decode
ours to these bytes, and ours, by the oracle, must be as many as shardmill has.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "tests/operators/tokenize")]
sys.path = [path for path in sys.path if Path(path or ".").resolve() != ROOT / "bench"]  # this file is not `tokenizers`
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizer as oracle  # noqa: E402
from random_text import random_bytes, random_text  # noqa: E402

import tiktoken  # noqa: E402
import tokenizers  # noqa: E402

BUILD = ROOT / "build/release"
PATTERNS = {"r50k_base": "gpt2", "cl100k_base": "cl100k", "o200k_base": "o200k"}
ADVERSARIAL = {"one letter": b"a" * 1_000_000, "spaces": b" " * 1_000_000 + b"a",
               "DNA": bytes(random.Random(1).choices(b"ACGT", k=1_000_000)),
               "random bytes": bytes(random.Random(2).randrange(1, 256) for _ in range(1_000_000)),
               "mixed scripts": "".join(random.Random(3).choices("aBc \u00e9\u0416\u65e5\u0939\u093f\u0623\U0001f600 1", k=300_000)).encode()}


def unpacked(path):
    return subprocess.run(["zstd", "-dcfq", path], check=True, capture_output=True).stdout


def ids_of(texts, *options):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    done = subprocess.run([BUILD / "shardmill", "tokenize", *options], input=lines, text=True, check=True,
                          capture_output=True)
    return [json.loads(line)["ids"] for line in done.stdout.splitlines()]


def compare(name, strings, answers):
    """Prints and returns how many strings have other ids than the first answer says."""
    (first, expected), *others = answers.items()
    differ = 0
    for other, found in others:
        wrong = [i for i in range(len(strings)) if expected[i] != found[i]]
        differ += len(wrong)
        print(f"{name}: {other} and {first} differ in {len(wrong)} of {len(strings)} strings",
              *[f"\n  {strings[i]!r}\n  {expected[i]}\n  {found[i]}" for i in wrong[:3]])
    return differ


def ill_formed(rng, n):
    """Random bytes that are no UTF-8, each with how many at its beginning are."""
    while n:
        data = random_bytes(rng).replace(b"\0", b"\1")  # encode_texts has a zero byte behind each text
        try:
            data.decode()
        except UnicodeDecodeError as error:
            n -= 1
            yield data, error.start


def compare_bytes(name, strings, reference, pattern, vocabulary, folder, settings):
    wrong, same, total = [], 0, 0
    for data, well_formed in strings:
        ids, theirs = oracle.encode(data, pattern, vocabulary), reference._encode_bytes(data)
        # White space before the last word may belong to it, or be a word by itself.
        words = oracle.words(pattern, data[:well_formed])[:-1]
        while words and words[-1].isspace():
            words.pop()
        before = [token for word in words for token in vocabulary.encode(word)]
        if reference.decode_bytes(ids) != data or any(answer[:len(before)] != before for answer in (ids, theirs)):
            wrong.append(f"\n  {data!r}\n  {theirs}\n  {ids}")
        same, total = same + (ids == theirs), total + len(ids)
    print(f"{name}: of {len(strings)} strings that are no UTF-8 {len(wrong)} differ from tiktoken where they may not, "
          f"{same} have the same ids", *wrong[:3])
    (folder / "bytes").write_bytes(b"".join(data + b"\0" for data, _ in strings))
    counted = int(encode_texts(folder / "bytes", 1, *settings)[0].split()[0])
    if counted != total:
        print(f"{name}: shardmill has {counted} ids of them, the oracle {total}")
    return len(wrong) + (counted != total)


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def encode_texts(texts, rounds, *settings):
    """Its lines: ids and seconds of each round."""
    done = subprocess.run([BUILD / "bench/encode_texts", *settings, texts, str(rounds)], check=True,
                          capture_output=True, text=True)
    return done.stdout.splitlines()


def ours(texts, folder, rounds, *settings):
    (folder / "texts").write_bytes(b"".join(text + b"\0" for text in texts))
    return min(float(line.split()[1]) for line in encode_texts(folder / "texts", rounds, *settings))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabularies", type=Path, required=True)
    parser.add_argument("--encodings", nargs="+", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--texts", type=Path, nargs="+", default=[])
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--strings", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="0: compare ids only")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts, size = [], 0
    for line in (line for path in given.texts for line in unpacked(path).split(b"\n") if line):
        if size < given.megabytes * 1e6:
            texts.append(json.loads(line)["text"].replace("\0", " "))
            size += len(texts[-1].encode())
    print(f"tiktoken {tiktoken.__version__}, tokenizers {tokenizers.__version__}; {size:,} bytes of text; seed {given.seed}")
    rng = random.Random(given.seed)
    strings = [random_text(rng, texts[:200]) for _ in range(given.strings)]
    no_text = list(ill_formed(rng, given.strings // 10))
    with tempfile.TemporaryDirectory() as name:
        differ = sum(measure(encoding, texts, size, strings, no_text, Path(name), given) for encoding in given.encodings)
    sys.exit(1 if differ else 0)


def measure(encoding, texts, size, strings, no_text, folder, given):
    """Returns how many strings differ."""
    [path] = [p for p in given.vocabularies.iterdir() if p.name.removesuffix(".zst") == f"{encoding}.tiktoken"]
    ranks = oracle.read_ranks(unpacked(path))
    pattern = PATTERNS[encoding]
    reference = tiktoken.Encoding(encoding, pat_str=tiktoken_ext_pattern(encoding), mergeable_ranks=ranks, special_tokens={})
    vocabulary = oracle.Merges(ranks, oracle.merges_of_ranks(ranks), whole=True)
    file = folder / f"{encoding}.json"
    file.write_text(json.dumps(oracle.tokenizer_json(vocabulary, pattern)))
    theirs = tokenizers.Tokenizer.from_file(str(file))
    encoded = lambda given: [e.ids for e in theirs.encode_batch(given, add_special_tokens=False)]
    settings = encoding, str(path), "", ""
    differ = compare(encoding, strings, {
        "tiktoken": reference.encode_ordinary_batch(strings, num_threads=1), "tokenizers": encoded(strings),
        "shardmill": ids_of(strings, "--encoding", encoding, "--vocabulary", path),
        "shardmill's tokenizer.json": ids_of(strings, "--tokenizer", file)})
    differ += compare_bytes(encoding, no_text, reference, oracle.compiled(oracle.PATTERNS[pattern]), vocabulary, folder, settings)
    if not given.rounds:
        return differ
    data = [text.encode() for text in texts]
    best = {}
    for _ in range(given.rounds):
        for who, taken in [("shardmill", lambda: ours(data, folder, 1, *settings)),
                           ("tiktoken", lambda: seconds(lambda: reference.encode_ordinary_batch(texts, num_threads=1))),
                           ("tokenizers", lambda: seconds(lambda: encoded(texts)))]:
            best[who] = min(best.get(who, 1e9), taken())
    speed = {who: size / 1e6 / taken for who, taken in best.items()}
    print(f"{encoding}:", ", ".join(f"{who} {mb:.1f} MB/s" for who, mb in speed.items()),
          "; {:.1f} x tiktoken, {:.1f} x tokenizers".format(speed["shardmill"] / speed["tiktoken"],
                                                           speed["shardmill"] / speed["tokenizers"]))
    for what, data in ADVERSARIAL.items():
        taken = ours([data], folder, given.rounds, *settings)
        per_byte = taken / len(data) / (best["shardmill"] / size)
        print(f"  {what}: {len(data) / 1e6 / taken:.1f} MB/s, {per_byte:.2f} x the time of ordinary text a byte")
    return differ


def tiktoken_ext_pattern(encoding):
    """tiktoken's own pattern, without its download of the ranks."""
    from tiktoken_ext import openai_public
    openai_public.load_tiktoken_bpe = lambda *_, **__: {}
    return getattr(openai_public, encoding)()["pat_str"]


if __name__ == "__main__":
    main()
