"""The main test: random catalogues, jobs, nights, kills, rank counts and spills; the binary's decoded
output must equal the oracle's. Every failure prints the seed that made it."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest
from fractions import Fraction
from pathlib import Path

import tokens
from difference import difference
from oracle import ChecksFailed, InputFailure, NothingLeft, Oracle, Refused
from published import read_snapshot
from random_jobs import Generator, as_yaml
from tests.built_with import lacks
from tests.mpi_environment import MPI_ENVIRONMENT

BINARY = os.environ["SHARDMILL_BIN"]
LONG = os.environ.get("SHARDMILL_LONG") == "1"
JOBS = int(os.environ.get("SHARDMILL_ORACLE_JOBS", 3000 if LONG else 140))
LACKS_SEMANTIC = lacks("dedup.semantic")
ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"}


def run(folder, ranks, spill, job="job.yaml", compact=False, despite_checks=False):
    command = [BINARY, "run", job, "--memory", "512MiB"] + ["--compact"] * compact + ["--despite-checks"] * despite_checks
    if ranks > 1:
        command = ["mpirun", "-n", str(ranks)] + command
    environment = dict(ENVIRONMENT, SHARDMILL_FORCE_SPILL="1") if spill else ENVIRONMENT
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=300)


def kill(folder, choose):
    """A run of the same night that ends somewhere."""
    process = subprocess.Popen([BINARY, "run", "job.yaml"], cwd=folder, env=ENVIRONMENT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(choose.uniform(0.05, 0.4))
    process.kill()
    process.wait()


class AgainstOracle(unittest.TestCase):
    def test_random_jobs(self):
        first = int(os.environ.get("SHARDMILL_SEED", time.time()))
        print("seeds %d to %d" % (first, first + JOBS - 1), flush=True)
        if LACKS_SEMANTIC:
            print("jobs with dedup.semantic must be refused: the build lacks", LACKS_SEMANTIC, flush=True)
        for seed in range(first, first + JOBS):
            with self.subTest(seed=seed):
                self.one_job(seed)

    def one_job(self, seed):
        generator, choose = Generator(seed), random.Random(seed)
        job = generator.job()
        try:
            oracle = Oracle(job)
        except Refused:
            oracle = None
        if LACKS_SEMANTIC and any({"dedup.semantic", "nearest"} & set(step) or "embed" in step.get("decontaminate", ()) for step in job["steps"]):
            oracle = None
        files, tables = generator.files(job), generator.tables(job)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            foreign = []
            compares = choose.random() < 0.25 and generator.compare_with(job, "base-out")
            if compares or any("nearest" in step for step in job["steps"]):
                foreign = self.make_base(folder, generator)
            (folder / "job.yaml").write_text(as_yaml(job))
            (folder / "small.json").write_text(json.dumps(tokens.small_file()))
            before = None
            for night in range(choose.choice([1, 1, 2, 3])):
                if night:
                    files = generator.next_night(job, files)
                    tables = generator.next_tables(job, tables)
                self.write_tables(folder, tables)
                takedown = self.write(folder, job, files, choose)
                ranks, spill = choose.choice([1, 1, 1, 2, 3]), choose.random() < 0.5
                compact = night > 0 and choose.random() < 0.3
                if oracle is None:
                    return self.assertEqual(run(folder, ranks, spill).returncode, 2)
                try:
                    expected = oracle.night(listing(job, files), takedown, foreign, tables, compact)
                except tokens.NothingWeighted:
                    return self.assertEqual(run(folder, ranks, spill, compact=compact).returncode, 2)
                except InputFailure:
                    return self.assertEqual(run(folder, ranks, spill, compact=compact).returncode, 4)
                except NothingLeft:
                    self.assertEqual(run(folder, ranks, spill, compact=compact).returncode, 3)
                    continue
                except ChecksFailed as refused:
                    expected = self.refused(folder, refused.args[0], ranks, spill, compact, choose)
                    if expected is None:
                        continue
                    oracle.accept(expected)
                if choose.random() < 0.2:
                    kill(folder, choose)
                done = run(folder, ranks, spill, compact=compact)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.compare(folder, expected)
                if expected.checks is not None:
                    self.compare_checks(folder / "out/current", expected.checks)
                if before:
                    self.compare_difference(folder, before, expected.tables, choose)
                before = expected.tables
                if "lineage" in expected.manifest or oracle.tokenize:
                    verified = subprocess.run([BINARY, "verify", "out"], cwd=folder, env=ENVIRONMENT,
                                              capture_output=True, text=True)
                    self.assertEqual(verified.returncode, 0, verified.stdout)

    def refused(self, folder, night, ranks, spill, compact, choose):
        """A check fails: what was found, and the night, if somebody publishes it nevertheless."""
        done = run(folder, ranks, spill, compact=compact)
        self.assertEqual(done.returncode, 3, done.stderr)
        [staging] = (folder / "out/snapshots").glob(".staging-*")
        self.compare_checks(staging, night.checks)
        if choose.random() < 0.5:
            return None
        done = run(folder, ranks, spill, despite_checks=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return night

    def compare_checks(self, folder, expected):
        found = json.loads((folder / "checks.json").read_text())["checks"]
        names = ("name", "check", "level", "outcome")
        self.assertEqual([[check[name] for name in names] for check in found],
                         [[check[name] for name in names] for check in expected])
        for check, wanted in zip(found, expected):
            value = wanted["measured"]
            if value is None:
                self.assertIsNone(check["measured"], check)
            elif check["check"] == "drift":
                self.assertAlmostEqual(check["numerator"] / 10**6, float(value), delta=1.1e-6, msg=check)
            elif check["check"] == "quantile":
                self.assertEqual(check["measured"], value, check)
            else:
                self.assertEqual(Fraction(check["numerator"], check["denominator"]), value, check)

    def make_base(self, folder, generator):
        job = generator.base_job()
        files = generator.files(job)
        self.write(folder, job, files, None)
        (folder / "base.yaml").write_text(as_yaml(job))
        expected = Oracle(job).night(listing(job, files))
        done = run(folder, 1, False, "base.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.compare(folder, expected, "base-out")
        return expected.as_foreign("base@1")

    def write(self, folder, job, files, choose):
        for source in job["sources"]:
            shutil.rmtree(folder / source["name"], ignore_errors=True)
        for (source, relative), content in files.items():
            path = folder / source / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if not any("exclude" in step for step in job["steps"]):
            return set()
        takedown = {str(choose.randint(1, 60)) for _ in range(5)} | {"same"}
        (folder / "takedown.txt").write_text("".join(line + "\n" for line in sorted(takedown)))
        return takedown

    def write_tables(self, folder, tables):
        shutil.rmtree(folder / "tables", ignore_errors=True)
        for pattern, files in tables.items():
            for relative, content in files.items():
                path = folder / pattern.replace("*", relative)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def compare(self, folder, expected, output="out"):
        tables, manifest = read_snapshot(folder / output / "current")
        self.assertEqual(sorted(tables), sorted(expected.tables))
        for path, (columns, rows) in sorted(expected.tables.items()):
            self.assertEqual(tables[path][0], columns, path)
            full = [{name: row.get(name) for name in columns} for row in rows]
            self.assertEqual(tables[path][1], full, path)
        for field, value in expected.manifest.items():
            self.assertEqual(manifest[field], value, field)

    def compare_difference(self, folder, before, after, choose):
        """What the last two snapshots differ in, compared in one go or in several."""
        numbers = sorted(int(path.name) for path in (folder / "out/snapshots").glob("0*"))[-2:]
        if before == after or len(numbers) < 2:
            return
        environment = dict(ENVIRONMENT, **({"SHARDMILL_FORCE_SPILL": "1"} if choose.random() < 0.5 else {}))
        done = subprocess.run([BINARY, "diff", "out@%d" % numbers[0], "out@%d" % numbers[1], "--json"], cwd=folder,
                              env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual({what: found[what] for what in ("added", "removed", "changed", "moved")},
                         difference(before, after))


def listing(job, files):
    order = [source["name"] for source in job["sources"]]
    return [(source, relative, content) for (source, relative), content in
            sorted(files.items(), key=lambda item: (order.index(item[0][0]), item[0][1].encode()))]


if __name__ == "__main__":
    unittest.main()
