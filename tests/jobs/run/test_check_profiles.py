"""What column checks read: profiles of shards, kept in the store."""

import shutil
import subprocess
import unittest

from checks import RANKS, Checks, lines
from program import BINARY, ENVIRONMENT, digests, manifest, write_job


class Profiles(Checks):
    CHECKS = ("uniqueness: {column: id}", "in_range: {column: score, min: 0}", "drift: {column: lang, max: 1}",
              "completeness: {column: author, min: 0}", "quantile: {column: text, q: 0.3, min: 1}", "row_count: {min: 1}")

    def shards(self):
        return {shard["path"]: shard["content"] for shard in manifest(self.folder)["shards"] if shard["split"]}

    def test_only_shards_that_changed_are_read(self):
        self.put("a.jsonl", lines(range(400)))
        self.job(*self.CHECKS, shard_size="2KiB")
        self.passes()
        before = self.shards()
        self.assertEqual(self.profiled(), len(before))
        self.assertGreater(len(before), 5)
        self.put("b.jsonl", lines(range(400, 410)))
        self.passes(ranks=2)
        now = self.shards()
        changed = [path for path in now if before.get(path) != now[path]]
        self.assertEqual(self.profiled(), len(changed))
        self.assertLess(len(changed), len(now))
        # Limits are in no profile; a new column is, and what is asked of its values.
        for change, shards in (("in_range: {column: score, min: 0, share: 0.5}", 0), ("in_range: {column: score, min: 0.5, share: 0}", len(now)),
                               ("completeness: {column: n, min: 1}", len(now))):
            self.job(*self.CHECKS, change + "".join(["\n  - row_count: {min: 1, name: another}"]), shard_size="2KiB")
            self.passes()
            self.assertEqual(self.profiled(), shards, change)
            self.assertEqual(self.shards(), now)

    def test_a_changed_check_does_nothing_else_again(self):
        self.put("a.jsonl", lines(range(100)))
        self.job("row_count: {min: 1}")
        self.passes()
        before = {path: path.stat().st_ino for path in (self.folder / "out/snapshots/000001").rglob("*.h5")}
        self.job("row_count: {min: 2}", "uniqueness: {column: id}")
        self.passes()
        now = manifest(self.folder, "run.json")
        self.assertEqual((now["fragments_read"], now["steps_computed"]), (0, 0))
        self.assertEqual({path: (self.folder / "out/snapshots/000002" / path.relative_to(self.folder / "out/snapshots/000001")).stat().st_ino
                          for path in before}, before)

    def test_the_same_bytes_for_any_number_of_ranks(self):
        seen = set()
        for ranks in RANKS:
            for spill in ({}, {"SHARDMILL_FORCE_SPILL": "1"}):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                said = []
                for night in range(2):
                    for path in (self.folder / "in").iterdir():
                        path.unlink()
                    for number in range(2 + night):
                        self.put(f"{number}.jsonl", lines(range(100 * number, 100 * number + 100)))
                    self.job(*self.CHECKS, "drift: {column: score, measure: psi, max: 1, name: psi}",
                             "uniqueness: {column: author, min: 0}", shard_size="2KiB")
                    self.passes(ranks=ranks, environment=spill)
                    said += [(self.folder / "out/current" / name).read_bytes() for name in ("checks.json", "profile.json")]
                seen.add(tuple(said))
        self.assertEqual(len(seen), 1)
        self.assertEqual(self.found()["uniqueness:id"]["numerator"], 300)
        self.assertEqual(self.found()["uniqueness:author"]["numerator"], 7)

    def test_a_profile_that_is_cut_short_is_made_again(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        before = self.found()
        for path in (self.folder / "out/store/profiles").iterdir():
            path.write_bytes(path.read_bytes()[:50])
        self.job(*self.CHECKS, "row_count: {min: 1, name: another}")
        self.passes()
        self.assertEqual(self.profiled(), 1)
        self.assertEqual({name: self.found()[name]["measured"] for name in before if "drift" not in name},
                         {name: check["measured"] for name, check in before.items() if "drift" not in name})

    def test_profiles_that_no_run_uses_are_removed(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        self.job("completeness: {column: author, min: 0}")
        self.passes()
        gc = subprocess.run([BINARY, "gc", "out"], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(gc.returncode, 0, gc.stderr)
        self.assertEqual(len(list((self.folder / "out/store/profiles").iterdir())), 1)
        (self.folder / "gone.txt").write_text("nobody\n")
        gc = subprocess.run([BINARY, "gc", "out", "--purge", "gone.txt"], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(gc.returncode, 0, gc.stderr)
        self.assertFalse((self.folder / "out/store/profiles").exists())

    def test_what_is_published_is_the_same_with_and_without(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        with_checks = digests(self.folder)
        shutil.rmtree(self.folder / "out")
        write_job(self.folder, steps="\n  - dedup.exact: {}\n")
        self.passes()
        self.assertEqual(digests(self.folder), with_checks)

    def test_more_values_than_are_counted(self):
        for n, values in ((1000, 1000), (1001, None)):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.put("a.jsonl", lines(range(n)))
            self.job("drift: {column: id, max: 1}", shard_size="4KiB")
            self.passes()
            column = manifest(self.folder, "profile.json")["columns"]["id"]
            self.assertEqual(values, column["values"] and len(column["values"]))
            self.assertEqual((column["rows"], column["present"], sum(count for _, count in column["lengths"])), (n, n, n))


if __name__ == "__main__":
    unittest.main()
