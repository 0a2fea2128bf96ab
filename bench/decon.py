#!/usr/bin/python3
"""The step `decontaminate` beside AI2's decon, on one core: the same documents, the same items, in turn.

    bench/decon.py --decon FILE [--corpus FILE...] [--items FILE...] [--truth FILE]

CORPUS (default: build/corpus/*.jsonl) is JSON lines with `text`, ITEMS are JSON lines with `question` or `text` and
perhaps `answer` and `passage` or `context`; both may be .zst. Without ITEMS they are 28,000 pieces of 20 to 60 words
out of documents that are then left out, as bench_contamination has them. TRUTH has a row for each planted passage
(doc_id, label): documents found are then counted by label.

A round runs, each pinned to one core:

    decon            detect, its defaults, one thread: writes a report
    decon, purify    the same, and writes the documents that are clean
    decon, no text   the same of a field that no document has: reads and parses, finds nothing to search
    decon preset     a job of `decontaminate` alone, preset decon, without planted recall: writes the dataset
    default preset   the same with the default preset (all scores are computed for either)
    dry run          as decon preset, writes a report
    all defaults     with planted recall, which decon has not
    no step          the same job without the step

`index` is the time that decon reports for it, and the stage that opens the benchmarks; `scan` is decon's detection
time, and the read pass and what is made of it (shardmill's includes storing the documents). `search alone` is the
scan less that of `decon, no text` or `no step`. Files are in the page cache, what a run left to be written is flushed
before the next. Only shardmill waits until what it wrote is on the disk.
"""
import argparse
import collections
import glob
import json
import os
import re
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = max(os.sched_getaffinity(0))
ITEMS = 28_000
DECON = {"decon": [], "decon, purify": ["--purify"], "decon, no text": ["--content-key", "no_such_field"]}
STEP = "{{decontaminate: {{against: items/*.jsonl{}}}}}"
JOBS = {
    "decon preset": (STEP.format(", planted: 0, preset: decon"), []),
    "default preset": (STEP.format(", planted: 0"), []),
    "dry run": (STEP.format(", planted: 0, preset: decon"), ["--dry-run"]),
    "all defaults": (STEP.format(""), []),
    "no step": ("", []),
}
PARSE = ("decon, no text", "scan"), ("no step", "scan")
RATIOS = [  # what, a run and a time of it by decon and by shardmill, and what is taken off each
    ("clean dataset, whole run", ("decon, purify", "whole"), ("decon preset", "whole"), None),
    ("  CPU", ("decon, purify", "CPU"), ("decon preset", "CPU"), None),
    ("  default preset", ("decon, purify", "whole"), ("default preset", "whole"), None),
    ("  all defaults", ("decon, purify", "whole"), ("all defaults", "whole"), None),
    ("report only, whole run", ("decon", "whole"), ("dry run", "whole"), None),
    ("index of the items", ("decon", "index"), ("decon preset", "index"), None),
    ("scan", ("decon", "scan"), ("decon preset", "scan"), None),
    ("search alone", ("decon", "scan"), ("decon preset", "scan"), PARSE),
    ("  default preset", ("decon", "scan"), ("default preset", "scan"), PARSE),
]


def rows(path):
    if str(path).endswith(".zst"):
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as unpacked:
            try:
                yield from map(json.loads, unpacked.stdout)
            finally:
                unpacked.kill()  # where not all rows are wanted
    else:
        with open(path, "rb") as lines:
            yield from map(json.loads, lines)


def pieces(text, number):
    """As bench_contamination takes items out of a document."""
    words = re.split("[ \n]", text)
    for at in range(80):
        yield " ".join(words[at * 61:at * 61 + 20 + (number * 7 + at * 11) % 41])


class Input:
    """What both programs read: corpus/FILE.jsonl, whose ids are FILE:LINE, and items/BENCHMARK.jsonl, whose ids are
    the lines."""

    def __init__(self, folder, given):
        self.folder, self.text_bytes, self.items = folder, 0, 0
        self.given_id = {}  # of a document
        self.made = None if given.items else []
        for name in ("corpus", "items"):
            (folder / name).mkdir()
        for number, path in enumerate(given.corpus):
            if self.text_bytes < given.megabytes * 1e6:
                self.add_documents(f"{number:04}", path, given.megabytes * 1e6)
        for path in given.items or []:
            self.add_items(Path(path).name.split(".")[0], rows(path))
        if self.made:
            self.add_items("made", ({"text": text} for text in self.made))

    def add_documents(self, name, path, most):
        with self.writer("corpus", name) as out:
            line = 0
            for number, row in enumerate(rows(path)):
                if self.text_bytes >= most:
                    break
                if self.made is not None and number % 8 == 0 and len(self.made) < ITEMS:
                    self.made += pieces(row["text"], number)
                else:
                    id_ = f"{name}:{line}"
                    print(json.dumps({"id": id_, "text": row["text"]}, ensure_ascii=False), file=out)
                    self.given_id[id_] = row.get("id")
                    self.text_bytes += len(row["text"].encode(errors="replace"))
                    line += 1

    def add_items(self, name, items):
        with self.writer("items", name) as out:
            for line, row in enumerate(items):
                item = {"id": str(line), "eval_key": name, "eval_instance_index": line, "doc_id": self.items,
                        "split": "test", "question": row.get("question") or row["text"]}
                parts = {"answer": row.get("answer"), "passage": row.get("passage") or row.get("context")}
                item |= {part: text for part, text in parts.items() if text and isinstance(text, str)}
                print(json.dumps(item, ensure_ascii=False), file=out)
                self.items += 1

    def writer(self, folder, name):
        return open(self.folder / folder / f"{name}.jsonl", "x", encoding="utf-8", errors="replace")


class Run:
    """One run: seconds by the name of what took them, and the ids of the documents it found."""

    def __init__(self, folder, command):
        os.sync()  # what the run before left to be written is not this one's
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(["taskset", "-c", str(CORE), *map(str, command)], cwd=folder, capture_output=True,
                              text=True, env=dict(os.environ, SHARDMILL_PROGRESS="none"))
        whole, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = {"whole": whole, "CPU": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
        if done.returncode:
            sys.exit(f"{shlex.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr[-4000:]}")
        self.out, self.found = done.stdout, None


def run_decon(folder, program, extra):
    report = folder / "report"
    run = Run(folder, [program, "detect", "--training-dir", "corpus", "--evals-dir", "items", "--report-output-dir",
                       report, "--cleaned-output-dir", folder / "clean", "--worker-threads", 1, *extra])
    for name, said in (("index", "Index building time"), ("scan", "Detection time")):
        run.seconds[name] = float(re.search(said + r" +([\d.]+)s", run.out)[1])
    run.indexed = re.search(r"Lines indexed +([\d,]+)", run.out)[1]
    run.found = {f"{Path(row['training_file']).stem}:{row['training_line']}"
                 for path in report.glob("**/*.jsonl") for row in rows(path)}
    return run


def run_shardmill(folder, program, step, extra):
    (folder / "job.yaml").write_text("dataset: c\noutput: out\nsources: [{name: c, read: corpus/*.jsonl}]\n"
                                     f"steps: [{step}]\n")
    run = Run(folder, [program, "run", "job.yaml", *extra])
    if "--dry-run" not in extra:
        record = json.loads((folder / "out/current/run.json").read_text())
        stages = {stage["name"]: stage["seconds"] for stage in record["stages"]}
        run.seconds |= {"index": stages["prepare"], "scan": stages["read"] + stages.get("decontaminate", 0)}
        ledger = subprocess.run([program, "ledger", "out", "--json"], cwd=folder, check=True, capture_output=True)
        run.found = {row["id"] for row in map(json.loads, ledger.stdout.splitlines()) if row["detector"]}
    return run


def spread(values):
    values = sorted(values)
    return f"{statistics.median(values):9.2f}  {values[0]:8.2f} .. {values[-1]:<8.2f}"


def table(runs, text_bytes):
    def taken(side, off):
        less = [run.seconds[off[1]] for run in runs[off[0]]] if off else [0] * len(runs[side[0]])
        return [run.seconds[side[1]] - taken_off for run, taken_off in zip(runs[side[0]], less)]

    def speeds(name, *sides):
        rates = [text_bytes / 1e6 / max(statistics.median(side), 0.005) for side in sides]
        return "".join(f"{rate:9.1f}" for rate in rates) if name in ("whole", "scan") else ""

    lines = [f"{'seconds':26}{'median':>9}  {'least .. most':^20}{'MB/s':>9}"]
    for what, rounds in runs.items():
        for name in rounds[0].seconds:
            side = taken((what, name), None)
            lines.append(f"{what if name == 'whole' else '  ' + name:26}{spread(side)}{speeds(name, side)}".rstrip())
    lines += ["", f"{'seconds, decon/shardmill':26}{'median':>9}  {'least .. most':^20}{'MB/s of each':>18}"]
    for what, decon, shardmill, off in RATIOS:
        sides = [taken(side, less) for side, less in zip((decon, shardmill), off or (None, None))]
        if min(map(min, sides)) <= 0:
            lines.append(f"{what:26}too short to tell")
        else:
            lines.append(f"{what:26}{spread(a / b for a, b in zip(*sides))}{speeds(decon[1], *sides)}".rstrip())
    return lines


def found(runs, input_, truth):
    theirs = runs["decon"][0].found
    lines = [f"decon found {len(theirs):,} documents; it indexed {runs['decon'][0].indexed} items"]
    for name in ("decon preset", "default preset"):
        ours = runs[name][0].found
        lines.append(f"{name} found {len(ours):,}: {len(ours & theirs):,} of decon's, {len(ours - theirs):,} others; "
                     f"not {len(theirs - ours):,} of decon's")
    if truth:
        labels = {}
        for row in rows(truth):  # a document with both is contaminated
            if labels.get(row["doc_id"]) != "contaminated":
                labels[row["doc_id"]] = row["label"]
        named = {name: runs[name][0].found for name in ("decon", "decon preset", "default preset")}
        for name, ids in [*named.items(), ("all documents", input_.given_id)]:
            counts = collections.Counter(labels.get(input_.given_id[id_], "clean") for id_ in ids)
            lines.append(f"{name}: " + ", ".join(f"{count:,} {label}" for label, count in sorted(counts.items())))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decon", type=Path, required=True, metavar="FILE", help="its program")
    parser.add_argument("--corpus", nargs="+", metavar="FILE")
    parser.add_argument("--items", nargs="+", metavar="FILE")
    parser.add_argument("--truth", metavar="FILE")
    parser.add_argument("--megabytes", type=float, default=64, help="of text, at most (64)")
    parser.add_argument("--repeat", type=int, default=5, help="rounds (5)")
    parser.add_argument("--work", metavar="DIR", help="for inputs and outputs, four times the text (default: TMPDIR)")
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/shardmill")
    given = parser.parse_args()
    given.corpus = given.corpus or sorted(glob.glob(str(ROOT / "build/corpus/*.jsonl")))
    if not given.corpus:
        parser.error("no build/corpus/*.jsonl: run bench/corpus build/corpus, or give --corpus")
    decon, shardmill = given.decon.resolve(), given.program.resolve()
    runs = collections.defaultdict(list)
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        folder = Path(name)
        input_ = Input(folder, given)
        print(f"{shlex.join(sys.argv)}\nload {os.getloadavg()[0]:.2f}; {input_.text_bytes:,} bytes of text in "
              f"{len(input_.given_id):,} documents, {input_.items:,} items; {given.repeat} rounds\n", flush=True)
        for number in range(given.repeat):
            for what in (*DECON, *JOBS):
                run = (run_decon(folder, decon, DECON[what]) if what in DECON else
                       run_shardmill(folder, shardmill, *JOBS[what]))
                runs[what].append(run)
                print(f"round {number + 1}: {what} {run.seconds['whole']:.1f} s", file=sys.stderr, flush=True)
                for made in ("report", "clean", "out"):
                    shutil.rmtree(folder / made, ignore_errors=True)
    print("\n".join([*table(runs, input_.text_bytes), "", *found(runs, input_, given.truth)]))


if __name__ == "__main__":
    main()
