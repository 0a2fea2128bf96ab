"""Megatron's own reader opens token shards: megatron/core/datasets/indexed_dataset.py of the package megatron-core as
it is, when SHARDMILL_MEGATRON names that file. What it imports beside (torch, storage clients) is put in its place
with as little as it touches when it reads."""

import importlib.util
import os
import sys
import types
import unittest
from pathlib import Path

import numpy
from program import InFolder, lines, run, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokens  # noqa: E402

READER = os.environ.get("SHARDMILL_MEGATRON")


def megatron():
    def module(name, **members):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)

    def none(*_, **__):
        return None

    module("torch", Tensor=object)
    module("torch.utils")
    module("torch.utils.data", Dataset=object)
    sys.modules["torch"].utils = sys.modules["torch.utils"]
    sys.modules["torch.utils"].data = sys.modules["torch.utils.data"]
    for name in ("megatron", "megatron.core", "megatron.core.datasets"):
        module(name)
    module("megatron.core.datasets.object_storage_utils", S3Config=object, ObjectStorageConfig=object,
           cache_index_file=none, dataset_exists=none, get_index_cache_path=none, get_object_storage_access=none,
           is_object_storage_path=lambda path: False, parse_s3_path=none)
    module("megatron.core.msc_utils", MultiStorageClientFeature=types.SimpleNamespace(is_enabled=lambda: False))
    module("megatron.core.utils", log_single_rank=none)
    spec = importlib.util.spec_from_file_location("indexed_dataset", READER)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@unittest.skipUnless(READER, "SHARDMILL_MEGATRON does not name megatron-core's indexed_dataset.py")
class Megatron(InFolder):
    def test_it_reads_every_document(self):
        reader = megatron()
        self.put("a.jsonl", lines(300))
        for settings, kind in (("encoding: bytes", "uint16"), ("tokenizer: big.json, eos: <|e|>", "int32")):
            names = [chr(b) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b else None for b in range(256)]
            rest = iter(range(256, 512))
            vocab = ",".join('"%s": %d' % ((name or chr(next(rest))).replace("\\", "\\\\").replace('"', '\\"'), i)
                             for i, name in enumerate(names))
            (self.folder / "big.json").write_text(
                '{"added_tokens": [{"id": 70000, "content": "<|e|>", "special": true}], "decoder": {"type": "ByteLevel"},'
                '"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},'
                '"model": {"type": "BPE", "vocab": {%s}, "merges": []}}' % vocab)
            write_job(self.folder, steps="\n  - tokenize: {%s}\n" % settings, extra="write: {tokens: {shard_size: 8KiB}}")
            self.succeeds(run(self.folder, "--memory", "512MiB"))
            paths = sorted((self.folder / "out/current/tokens").rglob("*.h5"))
            self.assertGreater(len(paths), 2)
            for path in paths:
                expected = [numpy.frombuffer(row["tokens"], dtype=kind) for row in tokens.read_shard(path)[1]]
                for mmap in (True, False):
                    dataset = reader.IndexedDataset(str(path.with_suffix("")), mmap=mmap)
                    self.assertEqual(len(dataset), len(expected))
                    self.assertEqual(list(dataset.document_indices), list(range(len(expected) + 1)))
                    for i, ids in enumerate(expected):
                        self.assertEqual(dataset[i].dtype, kind)
                        numpy.testing.assert_array_equal(dataset[i], ids)
                        numpy.testing.assert_array_equal(dataset.get(i, offset=1, length=len(ids) - 1), ids[1:])
                    for a, b in zip(dataset[0:len(expected)], expected):
                        numpy.testing.assert_array_equal(a, b)


if __name__ == "__main__":
    unittest.main()
