"""The executable specification of shardmill: what a dataset is, in plain Python, in memory.

    oracle = Oracle(job)                          job: the job file as a dict, settings as written
    night = oracle.night(listing, exclude)        listing: [(source name, relative path, bytes)]
    night.tables   {"text/train/0001-r.h5": (columns, rows)}, also ledger/ and clusters/
    night.manifest counts and digests, as in manifest.json

Every rule that decides a published byte is here; nothing here knows of ranks, memory or files.
"""

import json
from collections import Counter
from fractions import Fraction

import aggregate
import checks
import contamination
import dedup
import embed
import join
import lineage
import nearest
import semantic
import tokens
from catalogue import Catalogue
from documents import FileFailure, read_file
from hashes import hash64, hash128_hex, seed_for, utf8
from shards import CLUSTER_COLUMNS, dataset_digest, ledger_columns, logical_digest, row_bytes, shards, size_of, typed
from text import normalize, words


FIRST_FOREIGN = 2**25  # ordinals from here on number the shards of other datasets


class Refused(Exception):
    """A job that no run starts with: exit code 2."""


class InputFailure(Exception):
    """More unreadable files or records than the job tolerates: nothing is published."""


class NothingLeft(Exception):
    """No document is left of what was published before, or of a first night's: exit code 3, nothing is published."""


class ChecksFailed(Exception):
    """The night, of which a check of level error failed: exit code 3, nothing is published."""


def key_text(document):
    return "%d:%d" % document["key"]


def step_labels(steps):
    names = [name for name, _ in steps]
    return [name if names.count(name) == 1 else "%s#%d" % (name, i + 1) for i, name in enumerate(names)]


def filter_reason(document, settings):
    text = document["text"]
    limits = [("min_characters", len(text), -1), ("max_characters", len(text), 1),
              ("min_words", len(words(text)), -1), ("max_words", len(words(text)), 1)]
    for name, length, sign in limits:
        if name in settings and sign * length > sign * settings[name]:
            return name
    if "where" in settings and not holds(document, settings["where"]):
        return "where"
    return None


def holds(document, where):
    """`column op value`; absent, null or of another type than the value: does not hold."""
    column, op, literal = where.split(None, 2)
    expected = json.loads(literal)
    if column in ("id", "source", "text"):
        value = document[column]
    else:
        value = json.loads(document["fields"].get(column, "null"))

    def family(v):
        return "bool" if isinstance(v, bool) else "number" if isinstance(v, (int, float)) else type(v)

    if value is None or family(value) != family(expected) or isinstance(value, (list, dict)):
        return False
    if family(value) == "number" and not (_is_int64(value) and _is_int64(expected)):
        value, expected = float(value), float(expected)
    if isinstance(value, str):
        value, expected = utf8(value), utf8(expected)
    return {"==": value == expected, "!=": value != expected,
            **({} if family(value) == "bool" else {
                "<": value < expected, "<=": value <= expected,
                ">": value > expected, ">=": value >= expected})}[op]


def _is_int64(value):
    return isinstance(value, int) and -(2**63) <= value < 2**63


def ledger_lines(found, matches):
    """[(hit, match)]: the drop that owns the document, then all else by step. The first match of a
    step is why it drops."""
    by_step = {}
    for step, match in matches:
        by_step.setdefault(step, []).append(match)
    lines = [(hit, by_step[hit[0]].pop(0) if by_step.get(hit[0]) else None) for hit in found]
    lines[1:] = lines[1:] + [((step, None, None, None), match) for step, listed in by_step.items() for match in listed]
    return lines[:1] + sorted(lines[1:], key=lambda line: line[0][0]) if found else sorted(lines, key=lambda line: line[0][0])


class Night:
    def __init__(self, tables, manifest):
        self.tables, self.manifest, self.checks = tables, manifest, None

    def as_foreign(self, label):
        """The published documents, as another job's `against` sees them."""
        shards = sorted(path for path in self.tables if path.startswith("text/"))
        def raw(value, column_type):
            return value if column_type in ("json", "vector") else json.dumps(value, ensure_ascii=False)

        return [{"key": (FIRST_FOREIGN + n, row_number), "id": label + "/" + row["id"],
                 "text": row["text"], "source": "", "foreign": True,
                 "fields": {name: raw(row[name], kind) for name, kind in self.tables[path][0].items()
                            if row.get(name) is not None}}
                for n, path in enumerate(shards) for row_number, row in enumerate(self.tables[path][1])]


class Oracle:
    def __init__(self, job):
        self.job, self.catalogue = job, Catalogue()
        self.kept = 0  # documents in the last snapshot
        self.made = None  # all that it was made of, and its tables
        self.seed = job.get("seed", 0)
        self.steps = [next(iter(step.items())) for step in job["steps"]]
        self.labels = step_labels(self.steps)
        if join.added_and_read(self.steps):
            raise Refused("a step reads a column that a join before it adds")
        if lineage.added_by_a_join(self.steps):
            raise Refused("documents cannot be tied by a column that a join adds")
        if tokens.refused(self.steps):
            raise Refused("ids are of the text as it is published")
        if embed.bad_names(self.steps):
            raise Refused("a vector is no key and no number, and its column has one maker")
        self.split = dict(next((s for n, s in self.steps if n == "split"), None) or {"train": 1})
        self.by_cluster = self.split.pop("by", "cluster") == "cluster"
        self.group_by = lineage.columns(self.split.pop("group_by", []))
        self.ledger_columns = ledger_columns(bool(self.group_by))
        self.sources = {source["name"]: source for source in job["sources"]}
        self.shard_size = job.get("write", {}).get("text", {}).get("shard_size", 256 << 20)
        self.write_tokens = job.get("write", {}).get("tokens", {})
        if tokens.weighs_nothing(self.write_tokens, self.sources):
            raise Refused("no tokens are left")
        self.tokenize = next((settings for name, settings in self.steps if name == "tokenize"), None)

    def night(self, listing, exclude=(), foreign=(), tables=None, compact=False):
        """foreign: documents of `against` datasets {key, id, text, source, fields, foreign: True};
        tables: what a table reads -> {relative path: content}."""
        self.catalogue.update(listing)
        if compact:
            self.catalogue.compacted = self.catalogue.epoch
        documents, quarantined, failed = self._read()
        self._tolerate(documents, quarantined, failed)
        hits = {d["key"]: [] for d in documents}  # key -> [(step index, reason, witness, score)]
        try:
            states, changed = self._row_steps(documents, hits, tables)
        except embed.NoVector as failure:
            raise InputFailure(str(failure)) from failure
        for epoch in self.epochs_read:
            self.catalogue.decide_columns(epoch, [d for d in states[-1] if d["epoch"] == epoch])
        known = set().union(*self.catalogue.columns.values())
        needed = {s["column"] for n, s in self.steps if n in ("dedup.semantic", "nearest")}
        needed |= {s["of"] for n, s in self.steps if n == "embed" and "of" in s}
        needed |= {s["column"] for check in self.job.get("checks", []) for s in check.values() if "column" in s} - self._added()
        if documents and (needed | set(self.group_by)) - known:
            raise InputFailure("no document has a column of vectors, or of group_by")
        try:
            found = self._global_steps(documents, states, hits, set(exclude), foreign, tables)
        except (join.TableFailure, embed.NoVector, OverflowError) as failure:
            raise InputFailure(str(failure)) from failure
        night = self._publish(documents, states[-1], hits, *found, quarantined, changed)
        known = self.made and self.made[1]["documents_in"]  # that nothing is left, unless something was
        if not night.manifest["documents_kept"] and (self.kept or documents and not known):
            raise NothingLeft
        made = ([file for file in self.catalogue.files if not file["tombstone"]], night.manifest, night.tables)
        if made == self.made:  # a run that changes nothing makes no snapshot
            return night
        night.checks = checks.evaluate(self.job, night.tables, self.made and self.made[2])
        if any(found["outcome"] == "failed" and found["level"] == "error" for found in night.checks):
            raise ChecksFailed(night)
        return self.accept(night)

    def accept(self, night):
        """What was made becomes the last snapshot."""
        self.kept = night.manifest["documents_kept"]
        self.made = ([dict(file) for file in self.catalogue.files if not file["tombstone"]], night.manifest, night.tables)
        return night

    def _added(self):
        """Columns that steps add to what is published."""
        joins = {column for n, s in self.steps if n == "join" for column in s.get("columns", {})}
        return joins | {s.get("name", "nearest") + end for n, s in self.steps if n == "nearest" for end in ("_ids", "_scores")}

    # -- read pass ---------------------------------------------------------------------------
    def _read(self):
        documents, quarantined, failed = [], [], []
        self.epochs_read = set()
        for ordinal, file in enumerate(self.catalogue.files):
            if file["tombstone"]:
                continue
            try:
                read, unreadable = read_file(self.sources[file["source"]], file["relative"], ordinal,
                                             file["content"])
            except FileFailure:
                failed.append(file["source"])
                continue
            for document in read:
                document["epoch"] = file["epoch"]
            self.epochs_read.add(file["epoch"])
            documents += read
            quarantined += [(file["source"], offset, reason) for offset, reason in unreadable]
        return documents, quarantined, failed

    def _tolerate(self, documents, quarantined, failed):
        tolerate = self.job.get("tolerate", {})
        share = Fraction(str(tolerate.get("records", "0.001")))
        for name in self.sources:
            if failed.count(name) > tolerate.get("files", 0):
                raise InputFailure("files")
            bad = sum(source == name for source, _, _ in quarantined)
            good = sum(d["source"] == name for d in documents)
            if bad > share * (bad + good):
                raise InputFailure("records")
            ids = [d["has_id"] for d in documents if d["source"] == name]
            if "id" in self.sources[name].get("columns", {}) and ids and not any(ids):
                raise InputFailure("no record has the field of ids")

    def _row_steps(self, documents, hits, tables):
        """states[i] = the documents as step i sees them; row steps run on all documents."""
        states, changed, now = [], {}, documents
        for i, (name, settings) in enumerate(self.steps):
            states.append(now)
            if name == "normalize":
                now = [dict(d, text=normalize(d["text"], **(settings or {}))) for d in now]
                changed[self.labels[i]] = sum(a["text"] != b["text"] for a, b in zip(states[-1], now))
            elif name == "embed":
                now = embed.embed(now, settings, tables)
            elif name == "filter":
                for d in now:
                    reason = filter_reason(d, settings)
                    if reason:
                        hits[d["key"]].append((i, reason, None, None))
        return states + [now], changed

    # -- resolve -----------------------------------------------------------------------------
    def _global_steps(self, documents, states, hits, exclude, foreign, tables):
        """Runs the global steps in job order; returns the edges that tie documents together,
        [(label, settings, joined, kinds)] of the steps that join columns, {name: (columns, rows)} of
        the tables that steps make, and {key: [(step, match)]} of benchmark items in documents."""
        for d in documents:
            if d["id"] in exclude:
                hits[d["key"]] = [(-1, "excluded", None, None)]
        order, edges, joins, made, matches = list(self.sources), [], [], {}, {}
        for i, (name, settings) in enumerate(self.steps):
            if not (name in ("join", "aggregate", "decontaminate", "nearest") or name.startswith("dedup.")):
                continue
            settings = settings or {}
            alive = [d for d in states[i] if all(hit[0] > i for hit in hits[d["key"]])]
            if name == "aggregate":
                made[settings["name"]] = aggregate.aggregate(alive, settings)
                continue
            if name == "join":
                known = set().union(*self.catalogue.columns.values()) if documents else {}
                table = join.table_of(settings, self.job)
                files = [content for _, content in sorted(tables[table["read"]].items(), key=lambda one: utf8(one[0]))]
                drops, joined, kinds = join.join(alive, files, table, settings, known)
                joins.append((self.labels[i], settings, joined, kinds))
                for d, reason in drops:
                    hits[d["key"]].append((i, reason, None, None))
                continue
            if name == "nearest":
                for d in states[i]:  # also of those that are gone
                    semantic.vector_of(d, settings["column"])
                added, said = nearest.find(alive, foreign, settings, self.seed)
                made.update(said)
                columns = [settings.get("name", "nearest") + end for end in ("_ids", "_scores")]
                joins.append((self.labels[i], settings, added, dict.fromkeys(columns, {"other"})))
                continue
            if name == "decontaminate":
                table = join.table_of(settings, self.job, "against")
                drops, found, said = contamination.decontaminate(alive, tables[table["read"]], table, settings, tables)
                made.update(said)
                for d in drops:
                    hits[d["key"]].append((i, "contaminated", None, None))
                for key, listed in found.items():
                    matches.setdefault(key, []).extend((i, match) for match in listed)
                continue
            alive += [d for d in foreign if settings.get("against")]
            if name == "dedup.exact":
                drops = list(dedup.exact(alive, settings, order))
                similar = [(witness, d) for d, witness, _ in drops]
            elif name == "dedup.semantic":
                for d in states[i]:  # also of those that are gone
                    semantic.vector_of(d, settings["column"])
                drops, similar, said = semantic.semantic(alive, settings, self.seed, order)
                made.update(said)
            else:
                drops, similar = dedup.minhash(alive, settings, self.seed, order)
            reason = {"dedup.exact": "exact_duplicate", "dedup.semantic": "semantic_duplicate"}.get(name, "near_duplicate")
            for d, witness, score in drops:
                hits[d["key"]].append((i, reason, witness, score))
            edges += [(a["key"], b["key"]) for a, b in similar
                      if not dedup.is_foreign(a) and not dedup.is_foreign(b)]
        return edges, joins, made, matches

    def _split_of(self, documents, group):
        """key -> split: an interval of H(seed, id) of the group's first document."""
        id_of = {d["key"]: d["id"] for d in documents}
        seed = seed_for("split", self.seed)
        splits = {}
        for key in id_of:
            at, reached = hash64(utf8(id_of[group[key] if self.by_cluster else key]), seed), Fraction(0)
            for name, share in self.split.items():
                reached += Fraction(str(share))
                if at < reached * 2**64:
                    splits[key] = name
                    break
        return splits

    # -- write pass --------------------------------------------------------------------------
    def _publish(self, documents, final, hits, edges, joins, made, matches, quarantined, changed):
        first = {d["key"]: d for d in documents}
        excluded = {k for k, found in hits.items() if found and found[0][0] < 0}
        there = [d for d in documents if d["key"] not in excluded]
        group = dedup.components([d["key"] for d in there], edges)
        # What lies in one split: dropped documents tie others too.
        family = dedup.components([d["key"] for d in there], edges + lineage.edges(there, self.group_by))
        split_of = self._split_of(there, family)
        sizes = Counter(group.values())
        families = Counter(family.values())

        def places_of(key):
            """cluster, and the group that the split keeps together: of one alone its own key, of an excluded one nothing."""
            groups = {"cluster": group} | ({"group": family} if self.group_by else {})
            return {name: key_text(first[of[key]]) for name, of in groups.items() if key in of}

        columns = {}
        for epoch, types in self.catalogue.shard_columns().items():
            for _, settings, _, kinds in joins:
                types = join.merge_columns(types, kinds, settings)
            columns[epoch] = types

        cut_bytes = {}
        texts, ids_of, source_tokens, ledger, dropped = {}, {}, {}, {}, {label: {} for label in self._dropping_labels()}
        for label in (label for label, (name, settings) in zip(self.labels, self.steps)
                      if name == "decontaminate" and settings.get("action") == "cut_span"):
            changed[label] = sum(any(m["fate"] == "changed" and self.labels[i] == label for i, m in listed)
                                 for key, listed in matches.items() if key not in excluded)
            cut_bytes[label] = sum(m["span"][1] - m["span"][0] for key, listed in matches.items() if key not in excluded
                                   for i, m in listed if m["fate"] == "changed" and self.labels[i] == label)
        for d in final:
            d = dict(d, text=contamination.cut_text(d["text"], [m for _, m in matches.get(d["key"], [])]))
            found = sorted(hits[d["key"]], key=lambda hit: hit[0])
            if not found:
                fields, said = d["fields"], [d["id"], d["source"], d["text"], *d["fields"].values()]
                for _, settings, joined, _ in joins:
                    theirs = joined.get(d["key"], (0, {}))[1]
                    fields = join.merge_fields(fields, theirs, settings)
                    said += theirs.values()
                row = {name: typed(fields.get(name), t) for name, t in columns[self.catalogue.shard_epoch(d["epoch"])].items()}
                row.update(id=d["id"], source=d["source"], text=d["text"])
                size = sum(map(size_of, said))
                texts.setdefault((split_of[d["key"]], self.catalogue.shard_epoch(d["epoch"])), []).append(
                    (d["id"], d["key"], row, size))
                if self.tokenize:
                    row, size = tokens.row(d, utf8(d["text"]), key_text(d), self.tokenize)
                    of_source = source_tokens.setdefault(d["source"], {"tokens": 0, "text_bytes": 0})
                    of_source["tokens"] += len(tokens.encode(utf8(d["text"]), self.tokenize)[0]) + 1
                    of_source["text_bytes"] += len(utf8(d["text"]))
                    ids_of.setdefault(split_of[d["key"]], []).append(
                        (d, row, size, tokens.value_of(d, self.write_tokens), sizes[group[d["key"]]]))
            lines = ledger_lines(found, matches.get(d["key"], []) if d["key"] not in excluded else [])
            rows = [] if found else [self._ledger_row(d, None, None, "kept", places_of)]
            rows += [self._ledger_row(d, hit, match, "dropped" if found and not n else
                                      "changed" if match and match["fate"] == "changed" else "evidence", places_of)
                     for n, (hit, match) in enumerate(lines)]
            for n, row in enumerate(rows):
                ledger.setdefault(self.catalogue.shard_epoch(d["epoch"]), []).append(
                    (row["id"], (d["key"], n), row, row_bytes(row, self.ledger_columns)))
            if found:
                reasons = dropped[rows[0]["step"]]
                reasons[found[0][1]] = reasons.get(found[0][1], 0) + 1

        tables = {}
        for (split, epoch), rows in texts.items():
            self._table(tables, "text/%s/" % split, epoch, columns[epoch], rows)
        mixture = {}
        for split, found in ids_of.items():
            times = [1] * len(found)
            if tokens.weighs(self.write_tokens) and split == self.write_tokens.get("weights_split", next(iter(self.split))):
                width = tokens.width(self.tokenize)
                times, mixture = tokens.copies([(d["id"], value, size, len(row["tokens"]) // width)
                                                for d, row, _, value, size in found], self.write_tokens, self.seed)
            by_epoch = {}
            for (d, row, size, _, _), n in zip(found, times):
                by_epoch.setdefault(self.catalogue.shard_epoch(d["epoch"]), []).extend(
                    (d["id"], (d["key"], copy), row | {"copy": copy}, size) for copy in range(n))
            for epoch, rows in by_epoch.items():
                shards_of = {}
                self._table(shards_of, "tokens/%s/" % split, epoch, tokens.COLUMNS, rows, self.write_tokens.get("shard_size", 4 << 30))
                if self.write_tokens.get("layout") == "sample":
                    shards_of = {path: (tokens.PIECES, tokens.samples(leaf, self.tokenize, self.write_tokens))
                                 for path, (_, leaf) in shards_of.items()}
                tables.update(shards_of)
        small = max(1, self.shard_size // 8)  # a night that changes few rows writes few bytes
        for epoch, rows in ledger.items():
            self._table(tables, "ledger/", epoch, self.ledger_columns, rows, small)
        for epoch, rows in self._clusters(first, group, sizes, hits).items():
            self._table(tables, "clusters/", epoch, CLUSTER_COLUMNS, rows, small)
        for name, (types, rows) in made.items():
            self._table(tables, "tables/%s/" % name, 0, types,
                        [(id_, 0, row, row_bytes(row, types)) for id_, row in rows])
        kept = sum(not hits[k] for k in hits)
        digests = {path: logical_digest(rows, columns) for path, (columns, rows) in tables.items()}
        splits = {}
        for (split, _), rows in texts.items():
            splits[split] = splits.get(split, 0) + len(rows)
        ids = [d["id"] for d in documents]
        kept_of = Counter(root for key, root in family.items() if families[root] > 1 and not hits[key])
        lineage_counts = {"groups": sum(n > 1 for n in families.values()),
                          "documents": sum(n for n in families.values() if n > 1),
                          "largest_kept": max(kept_of.values(), default=0)}
        return Night(tables, {
            **({"lineage": lineage_counts} if self.group_by else {}),
            **({"mixture": mixture} if tokens.weighs(self.write_tokens) else {}),
            "documents_in": len(documents), "documents_kept": kept, "dropped": dropped,
            "quarantined": len(quarantined), "duplicate_ids": len(ids) - len(set(ids)),
            "changed": changed, "cut_bytes": cut_bytes, "splits": splits, "source_tokens": source_tokens,
            "joined": {label: {"documents": len(joined), "with_several_rows": sum(n > 1 for n, _ in joined.values())}
                       for label, settings, joined, _ in joins
                       if settings.get("kind", "left") in ("left", "inner")}, "logical_digest": dataset_digest(digests)})

    def _dropping_labels(self):
        return [label for label, (name, settings) in zip(self.labels, self.steps)
                if name in ("filter", "exclude") or name.startswith("dedup.")
                or name == "decontaminate" and settings.get("action") != "report"
                or name == "join" and (settings or {}).get("kind", "left") != "left"]

    def _ledger_row(self, d, hit, match, fate, places_of):
        row = {"id": d["id"], "key": key_text(d), "source": d["source"], "fate": fate,
               "step": "publish", **places_of(d["key"])}
        if hit is not None:
            step, reason, witness, score = hit
            if step < 0:
                row["id"] = hash128_hex(utf8(d["id"]))
            exclude = next((l for l, (n, _) in zip(self.labels, self.steps) if n == "exclude"), None)
            row.update(step=self.labels[step] if step >= 0 else exclude, reason=reason)
            if witness is not None:
                row.update(witness=witness["id"], witness_key=key_text(witness))
            if score is not None:
                row.update(score_num=score[0], score_den=score[1])
        if match is not None:
            row.update(reason=match["reason"], witness=match["witness"], detector=match["detector"],
                       span_begin=match["span"][0], span_end=match["span"][1],
                       score_num=match["score"][0], score_den=match["score"][1])
        return row

    def _clusters(self, first, group, sizes, hits):
        members, tables = {}, {}
        for key, root in group.items():
            if sizes[root] > 1:
                members.setdefault(root, []).append(first[key])
        for root, documents in members.items():
            sources = {}
            for d in documents:
                sources[d["source"]] = sources.get(d["source"], 0) + 1
            id_ = first[root]["id"]
            row = {"id": id_, "cluster": key_text(first[root]), "size": len(documents),
                   "kept": sum(not hits[d["key"]] for d in documents),
                   "sources": json.dumps(sources, sort_keys=True, separators=(",", ":"))}
            tables.setdefault(self.catalogue.shard_epoch(first[root]["epoch"]), []).append(
                (id_, root, row, row_bytes(row, CLUSTER_COLUMNS)))
        return tables

    def _table(self, tables, folder, epoch, columns, rows, shard_size=None):
        for prefix, leaf in shards(rows, self.seed, shard_size or self.shard_size).items():
            tables["%s%04d-%s.h5" % (folder, epoch, prefix)] = (columns, leaf)
