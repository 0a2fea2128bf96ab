"""A run of the real program on a small corpus of its own."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

BINARY = os.environ.get("SHARDMILL_BIN")
JOB = """\
dataset: small
output: out
sources:
  - {name: web, read: web/*.jsonl}
  - {name: spam, read: spam/*.jsonl}
steps:
  - normalize: {unicode: nfc}
  - filter: {min_words: 5}
  - dedup.exact: {}
  - dedup.minhash: {preset: dolma3, threshold: 0.7}
  - split: {train: 0.9, test: 0.1}
"""


def documents(seed=1):
    """web: originals, copies and near-copies; spam: all but one too short."""
    choose = random.Random(seed)
    words = ["w%d" % i for i in range(2000)]
    texts = [" ".join(choose.choices(words, k=120)) for _ in range(40)]
    near = [text.replace(" ", " changed ", 1) for text in texts[:15]]
    evil = "</script><script>alert(1)</script> & <b>bold</b> " + texts[0][:300]
    web = texts + texts[:10] + near + [evil, evil]
    return {"web": web, "spam": ["too short"] * 30 + ["this one has more words than the others"]}


class SmallRun:
    def __init__(self, job=JOB):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shardmill-report-"))
        for source, texts in documents().items():
            (self.folder / source).mkdir()
            lines = [json.dumps({"id": "%s-%d" % (source, i), "text": text})
                     for i, text in enumerate(texts)]
            (self.folder / source / "a.jsonl").write_text("\n".join(lines) + "\n")
        (self.folder / "job.yaml").write_text(job)

    def command(self, *arguments, **variables):
        environment = dict(os.environ, SHARDMILL_PROGRESS="none", **variables)
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=120)

    def run(self, *more):
        return self.command("run", "job.yaml", "--memory", "256MiB", *more)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
