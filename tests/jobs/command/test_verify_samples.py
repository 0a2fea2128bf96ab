"""verify of token shards of packed samples: every lie is found and its file named, though all digests are right again."""

import shutil
import unittest

import h5py
import published
from forged_tokens import ForgedTokens
from published import documents_path
from small_dataset import SmallDataset

INPUT, MASK, LABEL, SPAN, POSITION = range(5)
END, LENGTH = 256, 256


class VerifySamples(SmallDataset):
    job = ForgedTokens.job.replace("{shard_size: 12KiB}", "{layout: sample, max_sequence_length: %d, packing: greedy, "
                                   "attention_spans: true, shard_size: 12KiB}" % LENGTH)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        paths = [str(path.relative_to(cls.snapshot)) for path in (cls.snapshot / "tokens").rglob("*.h5")]
        cls.path = max(sorted(paths), key=lambda path: len(published.read(cls.snapshot / documents_path(path))[1]))
        cls.pieces = published.read(cls.snapshot / documents_path(cls.path))[1]

    def edited(self, change, *expected):
        """`change(shard, columns)`, of its pieces; of the others only digests are made right again."""
        def damage(copy):
            with h5py.File(copy / self.path, "r+") as file, h5py.File(copy / documents_path(self.path), "r+") as documents:
                change(file, documents["columns"])
            published.sign(copy, self.path)

        return self.damaged(damage, *["%s: %s" % (self.path, what) for what in expected])

    def cell(self, row, at, value):
        """At the position `at`, counted from that of the first piece."""
        at += self.pieces[0]["begin"]

        def change(shard, _):
            shard["data"][at // LENGTH, row, at % LENGTH] = value
        return change

    def test_the_forger_alone_breaks_nothing(self):
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.snapshot, copy)
        published.sign(copy, self.path)
        self.call("verify", copy)

    def test_cells(self):
        n = self.pieces[0]["tokens"]
        for row, at in ((INPUT, 0), (LABEL, n - 1)):  # which nothing has to be like
            for token in (257, -1):
                self.edited(self.cell(row, at, token), "piece 0 has the id %d, expected less than 257" % token)
        for row in (INPUT, LABEL):
            self.edited(self.cell(row, 3, END), "piece 0 has a label that is not the next input")
        self.edited(self.cell(MASK, n - 1, 0), "piece 0 is masked")
        for row in (SPAN, POSITION):
            self.edited(self.cell(row, n - 1, 7), "piece 0 has another attention_span or position_ids")
        last = next(piece for piece, behind in zip(self.pieces, self.pieces[1:]) if piece["tokens"] > 3 and behind["token"] == 0)
        at = last["begin"] + last["tokens"]

        def end(shard, _):  # the label behind the last input, which no input follows
            shard["data"][(at - 1) // LENGTH, LABEL, (at - 1) % LENGTH] = 65

        self.edited(end, "number of end tokens among the labels is ")

        def doubled(shard, _):
            shard["data"][(at - 3) // LENGTH, LABEL, (at - 3) % LENGTH] = END
            shard["data"][(at - 2) // LENGTH, INPUT, (at - 2) % LENGTH] = END

        self.edited(doubled, "number of end tokens among the labels is ")

    def test_padding(self):
        covered = {piece["begin"] + i for piece in self.pieces for i in range(piece["tokens"])}
        with h5py.File(self.snapshot / self.path) as shard:
            at = next(i for i in range(len(shard["data"]) * LENGTH) if i not in covered)
        for row, value in ((INPUT, 65), (MASK, 1), (LABEL, 65), (SPAN, 1), (POSITION, 1)):
            self.edited(self.cell(row, at - self.pieces[0]["begin"], value),
                        "position %d of sample %d is in no document, expected padding" % (at % LENGTH, at // LENGTH))

    def test_pieces(self):
        def number(name, row, more):
            def change(_, columns):
                columns[name][row] += more
            return change

        longer = next(i for i, piece in enumerate(self.pieces) if piece["token"])
        for more in (-1, 1):
            self.edited(number("tokens", 0, more), "piece 0 ")
        self.edited(number("begin", 1, -1), "piece 1 has positions %d to " % (self.pieces[1]["begin"] - 1))
        self.edited(number("tokens", len(self.pieces) - 1, 10**6), "piece %d has positions " % (len(self.pieces) - 1))
        self.edited(number("token", longer, 1), "piece %d goes on with token %d " % (longer, self.pieces[longer]["token"] + 1))
        self.edited(number("copy", longer, 1), "piece %d goes on with token " % longer)
        key = self.pieces[longer]["key"]
        self.edited(lambda _, columns: published.set_text({"columns": columns}, "key", longer, key[:-1] + "x"),
                    "piece %d goes on with token " % longer)

    def test_attributes(self):
        for name, said in (("n_examples", "n_examples is 1"), ("n_pieces", "n_pieces is 1"),
                           ("n_positions", "number of positions is "), ("n_documents", "number of documents is "),
                           ("pad_id", "pad_id is 1"), ("max_sequence_length", "max_sequence_length is 1, expected %d" % LENGTH)):
            self.edited(lambda shard, _: shard.attrs.modify(name, 1), said)
        self.edited(lambda shard, _: shard.attrs.modify("packing", b"firsts"), "no packing is called firsts")
        kind = "sample of %d positions, packing %%s with attention_spans" % LENGTH
        self.edited(lambda shard, _: shard.attrs.modify("packing", b"concat"),
                    "layout is %s, expected %s" % (kind % "concat", kind % "greedy"))


if __name__ == "__main__":
    unittest.main()
