"""Bad input, end to end: what the program says, what it ends with, and that what was published
before stays as it is."""

import gzip
import json
import os
import stat
import subprocess
import unittest

import zstandard

from program import NOBODY, InFolder, lines, manifest, published, quarantine, run, write_job


def flipped(content, share):
    at = int(len(content) * share)
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1:]


def zstd(content):
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


FAILING_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* read() of the file $TORN fails from offset $TORN_AT on. */
ssize_t read(int fd, void* into, size_t size) {
  static ssize_t (*real)(int, void*, size_t);
  if (!real) real = (ssize_t(*)(int, void*, size_t))dlsym(RTLD_NEXT, "read");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length > 0) {
    path[length] = 0;
    if (!strcmp(path, getenv("TORN")) && lseek(fd, 0, SEEK_CUR) >= atoll(getenv("TORN_AT"))) {
      errno = EIO;
      return -1;
    }
  }
  return real(fd, into, size);
}
"""


class BadFiles(InFolder):
    """A file that cannot be trusted fails as a whole."""

    def fails(self, name, content, *parts):
        path = self.put(name, content)
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 4, path, *parts)
        path.unlink()

    def test_compressed_files_that_are_damaged(self):
        self.publish()
        raw = lines(200, seed=2)
        for suffix, packed in (("gz", gzip.compress(raw)), ("zst", zstd(raw))):
            name = "b.jsonl." + suffix
            for kept in (0.3, 1 - 2 / len(packed)):
                with self.subTest(suffix, truncated=kept):
                    self.fails(name, packed[:int(len(packed) * kept)], "offset", "truncated")
        with self.subTest("gz", checksum=True):
            packed = gzip.compress(raw)
            self.fails("b.jsonl.gz", packed[:-8] + flipped(packed[-8:-4], 0) + packed[-4:],
                       "offset", "checksum")
        with self.subTest("zst", checksum=True):
            packed = zstd(raw)
            self.fails("b.jsonl.zst", packed[:-4] + flipped(packed[-4:], 0), "offset", "checksum")
        with self.subTest("rubbish after the last member"):
            self.fails("b.jsonl.gz", gzip.compress(raw) + b"rubbish", "offset",
                       "bytes behind the last member")
        self.assertEqual(run(self.folder).returncode, 0)

    def test_a_bit_flipped_anywhere_is_found(self):
        self.publish()
        raw = lines(30, seed=3)
        for suffix, packed in (("gz", gzip.compress(raw, mtime=0)), ("zst", zstd(raw))):
            # Bytes 4 to 9 of a gzip header (time, level, system) carry nothing that is checked.
            for at in range(12, len(packed), len(packed) // 8):
                with self.subTest(suffix=suffix, at=at):
                    path = self.put("b.jsonl." + suffix, flipped(packed, at / len(packed)))
                    self.refused(run(self.folder), 4, path, "offset")
                    path.unlink()

    @unittest.skipIf(os.geteuid() != 0, "needs root to run as somebody else")
    def test_a_path_without_permission(self):
        write_job(self.folder)
        self.put("a.jsonl", lines(20))
        path = self.put("b.jsonl", lines(20, seed=2))
        path.chmod(0)
        somebody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        home = {"HOME": str(self.folder)}
        self.refused(run(self.folder, environment=home, **somebody), 4, path, "Permission denied")
        with self.subTest("tolerated"):
            write_job(self.folder, extra="tolerate: {files: 1}")
            self.succeeds(run(self.folder, environment=home, **somebody))
            self.assertEqual(manifest(self.folder)["documents_in"], 20)
        with self.subTest("readable at last"):
            path.chmod(stat.S_IRUSR | stat.S_IROTH)
            self.succeeds(run(self.folder, environment=home, **somebody))
            self.assertEqual(manifest(self.folder)["documents_in"], 40)
        with self.subTest("a folder that cannot be listed"):
            self.before = {}
            hidden = self.folder / "closed"
            hidden.mkdir(mode=0)
            write_job(self.folder, read="closed/*")
            done = run(self.folder, environment=home, **somebody)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(str(hidden), done.stderr)

    def test_a_disk_that_fails_in_one_range_of_a_file(self):
        """Ranges of a large file are read one by one; the others must not be published without it."""
        shim = self.folder / "shim.so"
        built = subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, "-x", "c", "-", "-ldl"],
                               input=FAILING_DISK, text=True, capture_output=True)
        self.assertEqual(built.returncode, 0, built.stderr)
        # Ranges of 32 MiB: the last one fails.
        torn = self.put("torn.jsonl", b"".join(
            b'{"id": "t%d", "text": "%d %s"}\n' % (i, i, b"x" * 900) for i in range(90_000)))
        broken = {"LD_PRELOAD": str(shim), "TORN": str(torn), "TORN_AT": str(70 << 20)}
        self.put("a.jsonl", lines(60))
        write_job(self.folder)
        self.refused(run(self.folder, environment=broken), 4, torn, "Input/output error")
        write_job(self.folder, extra="tolerate: {files: 1}")
        for ranks in (1, 2):
            done = self.succeeds(run(self.folder, ranks=ranks, environment=broken))
            self.assertIn("gives no documents", done.stderr)
            self.assertEqual(manifest(self.folder)["documents_in"], 60)
        self.succeeds(run(self.folder, ranks=2))  # the disk is well again
        self.assertEqual(manifest(self.folder)["documents_in"], 90_060)

    def test_tolerated_files(self):
        self.publish(extra="tolerate: {files: 1}")
        packed = gzip.compress(lines(200, seed=2))
        self.put("b.jsonl.gz", packed[:len(packed) // 2])
        done = run(self.folder, ranks=2)
        self.succeeds(done)
        told = "gives no documents: path %s, why corrupt gzip" % (self.folder / "in/b.jsonl.gz")
        inputs = {entry["path"]: entry for entry in manifest(self.folder)["inputs"]}
        self.assertNotIn("failure", inputs["a.jsonl"])
        self.assertIn("truncated", inputs["b.jsonl.gz"]["failure"])
        self.assertIn("1 unreadable file:", done.stderr)
        self.assertEqual(done.stderr.count(told), 1, done.stderr)
        now = manifest(self.folder)
        self.assertEqual((now["documents_in"], now["quarantined"]), (60, 0))
        with self.subTest("one too many"):
            path = self.put("c.jsonl.gz", b"no gzip at all")
            self.before = published(self.folder)
            self.refused(run(self.folder), 4, "source s: 2 files", "1 are tolerated",
                         "tolerate.files", self.folder / "in/b.jsonl.gz", "offset")
            path.unlink()
        with self.subTest("none any more"):
            write_job(self.folder)
            self.refused(run(self.folder), 4, self.folder / "in/b.jsonl.gz", "offset")


class BadRecords(InFolder):
    """A record that is no document is quarantined; the share decides."""

    CASES = {
        "broken JSON": (b'{"text": "x"', "invalid_json"),
        "invalid UTF-8": (b'{"text": "\xff"}', "invalid_utf8"),
        "missing text": (b'{"id": "q"}', "missing_text"),
        "too long": (b'{"text": "' + b"y" * 5000 + b'"}', "too_long"),
        "binary": (bytes(range(11, 256)) * 3, None),
    }

    def test_what_other_programs_write_as_json_is_named(self):
        write_job(self.folder)
        for value, word in (("NaN", "NaN"), ("-Infinity", "Infinity"), ("None", "None"), ("Truely", "Truely"), ("1e5, x", "x")):
            path = self.put("b.jsonl", b'{"text": "y"}\n{"text": "NaN \\" None", "v": [1e3, 2E+1, null, true, %s]}\n' % value.encode())
            self.refused(run(self.folder), 4, path, f": offset 14: invalid_json: ", f"; {word} is no value of JSON")

    def test_each_kind_is_refused_by_default(self):
        self.publish(source=", max_record: 4KiB")
        good = lines(500, seed=2)
        first = good.index(b"\n") + 1
        for name, (bad, reason) in self.CASES.items():
            with self.subTest(name):
                path = self.put("b.jsonl", good[:first] + bad + b"\n" + good[first:])
                for ranks in (1, 2):
                    self.refused(run(self.folder, ranks=ranks), 4, path, f"offset {first}",
                                 reason or "invalid", "source s: 1 of 561 records", "0.001",
                                 "tolerate.records")
                    [record] = quarantine(self.folder)
                    self.assertEqual((record["path"], record["source"], record["offset"]),
                                     (str(path), "s", first))
                    self.assertTrue(record["reason"].startswith(reason or "invalid"), record)

    def test_each_kind_is_left_out_when_tolerated(self):
        content, expected = b"", []
        for bad, reason in self.CASES.values():
            content += lines(3, seed=len(content) + 5)
            expected.append((len(content), reason))
            content += bad + b"\n"
        path = self.put("b.jsonl", content)
        write_job(self.folder, source=", max_record: 4KiB", extra="tolerate: {records: 0.5}")
        self.succeeds(run(self.folder))
        now = manifest(self.folder)
        self.assertEqual((now["documents_in"], now["quarantined"]), (15, 5))
        records = [json.loads(line) for line in
                   (self.folder / "out/current/quarantine.jsonl").read_text().splitlines()]
        self.assertEqual([(r["path"], r["offset"]) for r in records],
                         [(str(path), offset) for offset, _ in expected])
        for record, (_, reason) in zip(records, expected):
            self.assertIn(reason or "invalid", record["reason"])

    def test_the_share_is_exact(self):
        write_job(self.folder)
        good = lines(998, seed=2)
        self.put("b.jsonl", good + b"{\n")  # 1 of 999: more than 0.1 %
        self.refused(run(self.folder), 4, "1 of 999 records")
        self.put("b.jsonl", good + lines(1, seed=3) + b"{\n")  # 1 of 1000: not more
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["quarantined"], 1)

    def test_a_binary_file(self):
        self.publish()
        path = self.put("b.jsonl", bytes(i * 7 % 256 for i in range(20000)))
        self.refused(run(self.folder), 4, path, "offset", "tolerate.records")
        with self.subTest("as a text document"):
            write_job(self.folder, source=", format: text")
            self.refused(run(self.folder), 4, path, "offset 0")

    def test_an_empty_file_is_no_error(self):
        for name, content in (("a.jsonl", b""), ("b.jsonl.gz", gzip.compress(b"")),
                              ("c.jsonl.zst", zstd(b""))):
            self.put(name, content)
        write_job(self.folder)
        for ranks in (1, 2):
            self.succeeds(run(self.folder, ranks=ranks))
        self.assertEqual(manifest(self.folder)["documents_in"], 0)
        self.put("d.jsonl", lines(5))
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["documents_in"], 5)

    def test_a_column_that_is_no_text_is_told_while_the_rest_is_read(self):
        self.put("a.jsonl", lines(150).replace(b'"text"', b'"body"'))
        write_job(self.folder)
        for ranks in (1, 2):
            done = run(self.folder, "--memory", "256MiB", "--fresh", ranks=ranks)
            self.assertEqual(done.returncode, 4)
            told = done.stderr.index("a part of the input has no readable record: records 150, path %s/in/a.jsonl, offset 0, "
                                     "reason missing_text" % self.folder)
            self.assertLess(told, done.stderr.index("150 of 150 records cannot be read"))
        self.put("b.jsonl", lines(2))
        self.put("a.jsonl", lines(99).replace(b'"text"', b'"body"'))
        self.assertNotIn("no readable record", run(self.folder).stderr)

    def test_duplicate_ids_are_counted(self):
        content = b"".join(json.dumps({"id": key, "text": f"text number {i} of all"}).encode() +
                           b"\n" for i, key in enumerate("aabcccd"))
        self.put("a.jsonl", content)
        write_job(self.folder)
        for ranks in (1, 2):
            self.succeeds(run(self.folder, ranks=ranks))
            self.assertEqual(manifest(self.folder)["duplicate_ids"], 3)


class BadSources(InFolder):
    def test_a_name_that_is_not_utf_8(self):
        self.put("a.jsonl", lines(20))
        for byte in (b"\xff", b"\xfe"):
            with open(os.fsencode(self.folder / "in") + b"/i" + byte + b".jsonl", "wb") as out:
                out.write(lines(20, seed=byte[0]))
        write_job(self.folder)
        for _ in range(2):  # nothing changes, nothing is published
            self.succeeds(run(self.folder))
        self.assertEqual(os.listdir(self.folder / "out/snapshots"), ["000001"])
        self.assertEqual([entry["path"] for entry in manifest(self.folder)["inputs"]],
                         ["a.jsonl", "i\\xfe.jsonl", "i\\xff.jsonl"])

    def test_a_source_that_matches_nothing(self):
        self.publish()
        with self.subTest("one of several names"):
            self.put("b.jsonl", lines(5))
            write_job(self.folder)
            text = (self.folder / "job.yaml").read_text()
            (self.folder / "job.yaml").write_text(
                text.replace('"in/*"', "[in/b.jsonl, in/tow.jsonl, 'in/*.none']"))
            self.refused(run(self.folder), 4, "job.yaml:4", "source s", "in/tow.jsonl")
            (self.folder / "job.yaml").write_text(
                text.replace('"in/*"', "[in/b.jsonl, 'in/*.none']"))
            self.succeeds(run(self.folder, "--dry-run"))
        with self.subTest("a folder"):
            write_job(self.folder, read="in")
            self.refused(run(self.folder), 4, "job.yaml:4:5", "source s",
                         f"{self.folder}/in is a folder", f"{self.folder}/in/**")
        write_job(self.folder, read="nowhere/*.jsonl")
        self.refused(run(self.folder), 4, "job.yaml:4:5", "source s",
                     self.folder / "nowhere/*.jsonl")

    def test_its_own_output_is_no_input(self):
        self.put("a.jsonl", lines(20))
        self.put("b.jsonl", b"no json\n")
        (self.folder / "seen").symlink_to("out")
        patterns = ["**/*.jsonl", "out/**", "seen/log/*"]
        write_job(self.folder, extra="tolerate: {records: 0.1}")
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "job.yaml").write_text(text.replace('"in/*"', json.dumps(patterns)))
        for options in ((), ("--limit", "5"), ("--limit", "5"), ()):
            self.succeeds(run(self.folder, "--memory", "256MiB", *options))
        self.assertTrue((self.folder / "out/current/quarantine.jsonl").read_bytes())
        self.assertTrue(list((self.folder / "out/log").glob("*.jsonl")))
        self.assertEqual(os.listdir(self.folder / "out/snapshots"), ["000001"])
        for output in ("out", "out.limit-5"):
            catalog = json.loads((self.folder / output / "catalog.json").read_text())
            self.assertEqual([file["relative"] for file in catalog["files"]],
                             ["in/a.jsonl", "in/b.jsonl"])
        # A neighbour whose name begins alike is input.
        (self.folder / "output").mkdir()
        (self.folder / "output/c.jsonl").write_bytes(lines(5, seed=2))
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["documents_in"], 25)
        self.before = published(self.folder)
        for read in ("out/**", "out/current/quarantine.jsonl"):
            write_job(self.folder, read=read)
            self.refused(run(self.folder), 4, "job.yaml:4:5", "source s: no file matches",
                         self.folder / read)

    def with_command(self, program):
        write_job(self.folder, source=", format: command, command: [sh, -c, "
                                      f"{json.dumps(program)}, sh]")

    def test_a_command_that_fails(self):
        self.publish()
        path = self.folder / "in/a.jsonl"
        cases = {
            "exit status": ("cat $1; echo two >&2; echo lines >&2; exit 3",
                            (path, "exit status 3", "two|lines")),
            "signal": ("kill -9 $$", (path, "signal 9")),
            "before any output": ("exit 1", (path, "offset 0", "exit status 1")),
        }
        for name, (program, parts) in cases.items():
            with self.subTest(name):
                self.with_command(program)
                for ranks in (1, 2):
                    self.refused(run(self.folder, ranks=ranks), 4, *parts)
        with self.subTest("no such program"):
            write_job(self.folder, source=", format: command, command: [/no/such/program]")
            self.refused(run(self.folder), 4, path, "/no/such/program", "No such file")
        with self.subTest("garbage"):
            self.with_command("head -c 3000 /bin/ls")
            self.refused(run(self.folder), 4, path, "offset", "tolerate.records")
        with self.subTest("nothing"):
            self.with_command("true")
            self.succeeds(run(self.folder, "--memory", "256MiB", "--allow-empty"))

    def test_an_exclude_list_that_is_missing(self):
        self.publish()
        write_job(self.folder, steps="\n  - exclude: {ids: gone.txt}\n")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 4, self.folder / "gone.txt",
                         "No such file")


if __name__ == "__main__":
    unittest.main()
