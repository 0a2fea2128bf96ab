"""Random job files for the main test, with the catalogues that they read."""

import yaml

from random_files import RandomFiles


class Generator(RandomFiles):
    def job(self):
        r = self.random
        sources = [{"name": name, "read": "%s/**/*" % name, "format": "jsonl"}
                   for name in ["web", "docs", "extra"][: r.randint(1, 3)]]
        if len(sources) > 1 and r.random() < 0.5:
            sources[-1]["format"] = "text"
        if r.random() < 0.3:
            sources[0]["format"] = r.choice(["csv", "csv", "tsv", "hdf5", "hdf5"])
            if sources[0]["format"] == "hdf5" and r.random() < 0.3:
                sources[0]["group"] = r.choice(["data", "/a/b"])
            elif sources[0]["format"] != "hdf5" and r.random() < 0.3:
                sources[0]["types"] = {"stars": r.choice(["int64", "float64", "utf8", "bool"])}
        for source in sources:
            if source["format"] != "text" and r.random() < 0.2:
                source["columns"] = r.choice([{"id": "lang"}, {"rank": "stars"}, {"text": "lang", "body": "text"}])
            if r.random() < 0.2:
                source["max_record"] = 200
        steps = []
        for _ in range(r.randint(1, 4)):
            steps.append(r.choice([self._normalize, lambda: self._embed(len(steps)), self._filter, self._exact, self._minhash,
                                   self._minhash, lambda: self._semantic(len(steps)), lambda: self._nearest(len(steps)), lambda: self._join(len(steps)),
                                   lambda: self._aggregate(len(steps)),
                                   lambda: self._decontaminate(len(steps))])())
        if r.random() < 0.2:
            steps.append(self._decontaminate(len(steps)))
        readers = [s for s in steps if not {"join", "aggregate", "nearest"} & set(s)]
        if readers and "decontaminate" in readers[-1] and r.random() < 0.8:  # no step reads what is cut
            readers[-1]["decontaminate"].update(action="cut_span", margin=r.choice([0, 0, 3]), min_rest=r.choice([1, 1, 5]),
                                                max_cuts=r.choice([1, 3]))
        if r.random() < 0.3:
            steps.insert(r.randint(0, len(steps)), {"exclude": {"ids": "takedown.txt"}})
        steps = [s for i, s in enumerate(steps) if "exclude" not in s or "exclude" not in str(steps[:i])]
        if r.random() < 0.8:
            steps.append({"split": r.choice([
                {"train": 0.8, "validation": 0.1, "test": 0.1}, {"train": 0.5, "test": 0.5},
                {"a": 0.3, "b": 0.333, "c": 0.367, "by": "document"}])})
            if "by" not in steps[-1]["split"] and r.random() < 0.5:
                columns = ["stars", "lang", "when", "id", "source", "field.source"]
                steps[-1]["split"]["group_by"] = r.choice([
                    r.choice(["stars", "lang"]), r.sample(columns, r.randint(1, 3)), "label1" if r.random() < 0.2 else "id"])
                if len(steps) > 1 and r.random() < 0.5 and "dedup" not in str(list(steps[-2])):
                    steps.append(steps.pop(-2))  # dropped documents tie others wherever split stands
        job = {"dataset": "random", "output": "out", "seed": r.randint(0, 3), "sources": sources,
               "steps": steps, "write": {"text": {"shard_size": r.choice([200, 2000, 1 << 20])}}}
        if r.random() < 0.3:
            steps.insert(r.randint(len(steps) // 2, len(steps)), {"tokenize": r.choice([{"encoding": "bytes"}, {"tokenizer": "small.json"}])})
            if r.random() < 0.7:
                job["write"]["tokens"] = {"shard_size": r.choice([50, 500, 1 << 20])}
                if r.random() < 0.6:
                    job["write"]["tokens"].update(
                        layout="sample", max_sequence_length=r.choice([1, 2, 7, 64, 1000]), attention_spans=r.random() < 0.5,
                        packing=r.choice(["concat", "greedy", "best_fit"]))
                if r.random() < 0.4:
                    job["write"]["tokens"].update(self._weights(job))
        for settings in [step["join"] for step in steps if "join" in step and r.random() < 0.3]:
            # Another join may name the same table.
            name = "t%d" % r.randint(0, 1)
            table = {"read": settings.pop("with"), "format": settings.pop("format")}
            job.setdefault("tables", {}).setdefault(name, table)
            settings["with"] = name
        if r.random() < 0.5:
            job["checks"] = [self._check(job) for _ in range(r.randint(1, 4))]
            if r.random() < 0.4:  # what is found matters, not what is refused
                for check in job["checks"]:
                    next(iter(check.values()))["level"] = "warn"
        if r.random() < 0.4:
            job["tolerate"] = {"records": 1, "files": r.choice([0, 1, 3])}
        return job

    def _weights(self, job):
        r, by = self.random, self.random.choice(["source", "lang", "stars"])
        values = [source["name"] for source in job["sources"]] if by == "source" else ["en", "de", "1", "3", "other", "nobody"]
        some = {value: r.choice([0, 0.25, 1, 1.5, 3, 0.001]) for value in r.sample(values, r.randint(1, len(values)))}
        weights = {"weights_by": by, r.choice(["epochs", "shares"]): some}
        if r.random() < 0.5:
            weights["cluster_epochs"] = {size: r.choice([0, 0.5, 2]) for size in r.sample(range(1, 4), 2)}
        return weights

    def _check(self, job):
        r, share = self.random, lambda: self.random.choice([0, 0.25, 0.5, 0.9, 1])
        steps, sources = [next(iter(step)) for step in job["steps"]], [source["name"] for source in job["sources"]]
        column = r.choice(["stars", "stars", "lang", "when", "id", "source", "text", "text"]) if r.random() < 0.98 else "starz"
        bounds = lambda low, high: r.choice([{"min": low}, {"max": high}, {"min": low, "max": high}])
        found = r.choice([
            lambda: {"row_count": bounds(r.choice([0, 3]), r.choice([5, 50, 10**12]))},
            lambda: {"completeness": {"column": column, "min": share()}},
            lambda: {"uniqueness": {"column": column} | ({"min": share()} if r.random() < 0.7 else {})},
            lambda: {"in_range": {"column": column, "share": share(), **bounds(r.choice([-5, 0, 0.5, 3]), r.choice([3, 7.5, 9]))}},
            lambda: {"in_set": {"column": column, "share": share(), "values": r.sample(["en", "de", 1, 2, "3", 2.5, "true", "same", "web"], r.randint(1, 5))}},
            lambda: {"pattern": {"column": column, "share": share(), "regex": r.choice(["^[a-z]", "[0-9]", "^(en|de)", "a.*b", "中|文", "^d/"])}},
            lambda: {"quantile": {"column": column, "q": r.choice([0, 0.1, 0.5, 0.99, 1]), **bounds(r.choice([-1, 0.3, 2]), r.choice([2, 5, 100]))}},
            lambda: {"removal_share": {"max": share()} | ({"source": r.choice(sources)} if r.random() < 0.4 else {})
                     | ({"step": r.choice(steps)} if len(set(steps)) == len(steps) and r.random() < 0.4 else {})},
            lambda: {"change_vs_previous": {"max": share(), "of": r.choice(["documents_in", "documents_kept"])}
                     | ({"source": r.choice(sources)} if r.random() < 0.3 else {})},
            lambda: {"drift": {"column": column, "max": r.choice([0, 0.01, 0.1, 0.5]), "measure": r.choice(["js", "psi", "ks"])}},
            lambda: {"drift": {"column": column, "max": r.choice([0, 0.01, 0.1, 0.5]), "measure": r.choice(["js", "psi", "ks"])}},
        ] + [lambda: {"dup_rate": {"max": share()}}] * any(step.startswith("dedup.") for step in steps)
          + [lambda: {"contamination_rate": {"max": share()}}] * ("decontaminate" in steps))()
        split = next((step["split"] for step in job["steps"] if "split" in step), {"train": 1})
        if "row_count" in found and r.random() < 0.5:
            found["row_count"]["split"] = r.choice([name for name in split if name not in ("by", "group_by")])
        return found

    def base_job(self):
        """A dataset of its own, for other jobs to compare with."""
        return {"dataset": "base", "output": "base-out", "seed": 1,
                "sources": [{"name": "old", "read": "old/**/*", "format": "jsonl"}],
                "steps": [{"dedup.exact": {}}], "write": {"text": {"shard_size": 500}}}

    def compare_with(self, job, dataset):
        """Adds `against` to some of the job's dedup steps; returns whether there was any."""
        dedups = [settings for step in job["steps"] for name, settings in step.items()
                  if name.startswith("dedup.")]
        for settings in dedups:
            if settings is dedups[0] or self.random.random() < 0.5:
                settings["against"] = [dataset]
        return bool(dedups)

    def _normalize(self):
        r = self.random
        settings = {name: True for name in ("whitespace", "control_characters", "case_fold")
                    if r.random() < 0.4}
        return {"normalize": settings | ({"unicode": "none"} if r.random() < 0.2 else {})}

    def _filter(self):
        r = self.random
        settings = {"min_characters": r.randint(0, 20)} if r.random() < 0.5 else {}
        if r.random() < 0.3:
            settings["max_words"] = r.randint(20, 70)
        if r.random() < 0.2:
            settings.update(min_words=r.randint(0, 3), max_characters=r.randint(60, 300))
        if r.random() < 0.4 or not settings:
            settings["where"] = r.choice(['stars >= 2', 'lang != "zz"', 'source == "web"', "stars < 7.5"])
        return {"filter": settings}

    def _embed(self, number):
        r = self.random
        settings = {"from": "column", "of": "vec", "column": r.choice(["vec", "vec", "unit", "lang"] if r.random() < 0.2 else ["vec", "unit"])}
        if r.random() < 0.4:
            settings = {"from": "hashed", "column": r.choice(["hashed", "hashed", "vec"]), "dimensions": r.choice([1, 3, 8, 100])}
        elif r.random() < 0.4:
            settings = {"from": "static", "column": "mean", "vectors": "tables/%d/v.txt" % number}
            if r.random() < 0.5:
                settings.update(vectors="tables/%d/v.safetensors" % number, words="tables/%d/words.txt" % number)
            if r.random() < 0.3:
                settings["smoothing"] = r.choice([0.5, 0.0001])
            if r.random() < 0.5:
                settings["components"] = r.choice([0, 1, 1, 2, 3, 4] if r.random() < 0.1 else [1, 1, 2])
        elif r.random() < 0.25:
            settings = {"from": "npy", "column": r.choice(["unit", "made"]), "vectors": "tables/%d/v.npy" % number, "ids": "tables/%d/ids.txt" % number}
        if settings["from"] in ("hashed", "static") and r.random() < 0.4:
            settings["frequencies"] = "tables/%d/frequencies.txt" % number
        if settings["from"] in ("hashed", "static") and r.random() < 0.4:
            settings["chunk"] = r.choice([1, 2, 5, 20])
            settings["overlap"] = r.choice([0, r.randrange(settings["chunk"])])
        return {"embed": settings | ({"normalize": False} if r.random() < 0.3 else {})}

    def _join(self, number):
        r = self.random
        kind = r.choice(["left", "left", "inner", "semi", "anti"])
        settings = {"with": "tables/%d/*" % number, "format": r.choice(["jsonl", "csv"]), "kind": kind,
                    "on": {r.choice(["stars", "lang", "id", "source", "text"]): "key"}}
        if kind in ("left", "inner"):
            # Names of their own: no other step writes or reads them.
            columns = {"rank%d" % number: "rank", "label%d" % number: "label", "stars%d" % number: "stars"}
            settings["columns"] = dict(r.sample(sorted(columns.items()), r.randint(1, 3)))
            settings["multiplicity"] = r.choice(["first", "first", "all", "all", "error"])
            if r.random() < 0.3:
                settings["columns"]["field.source"] = "stars"
                settings["on_conflict"] = r.choice(["left", "right"])
        return {"join": settings}

    def _aggregate(self, number):
        r = self.random
        columns = ["stars", "lang", "when", "id", "source", "field.source", "text"]
        values = {"n": "count", "s": "sum:stars", "low": "min:stars", "high": "max:stars",
                  "m": "mean:stars", "d": "distinct:" + r.choice(columns)}
        return {"aggregate": {"name": "t%d" % number, "by": r.choice(columns + [r.sample(columns, 2)]),
                              "values": dict(r.sample(sorted(values.items()), r.randint(1, 6)))}}

    def _decontaminate(self, number):
        r = self.random
        settings = {"against": "tables/%d/*" % number, "format": "jsonl", "name": "items%d" % number,
                    "planted": r.choice([0, 4, 8])}
        if r.random() < 0.5:
            settings["action"] = "report"
        if r.random() < 0.5:
            settings["decide"] = r.sample(["aligned", "part", "short", "ngram", "coverage", "idf"], r.randint(1, 5))
        if r.random() < 0.5:
            settings.update(n=r.randint(3, 8), coverage_n=r.randint(2, 5), part_words=r.randint(2, 6))
        if r.random() < 0.3:
            settings.update(aligned=r.choice([0.55, 0.8]), aligned_short=r.choice([0.6, 1]), part=r.choice([0.3, 0.9]))
        if r.random() < 0.3:
            settings["preset"] = r.choice(["shardmill", "gpt3", "fineweb", "llama3", "decon"])
        if r.random() < 0.3:
            settings["exempt"] = r.choice([["0/1"], ["0/1"], ["0/2"]]) if r.random() < 0.95 else ["0/none"]
        if r.random() < 0.2:
            settings["question"] = "prompt"
        if r.random() < 0.3:
            settings.update(embed="static", vectors="tables/v%d.txt" % number, embedding=r.choice([0.6, 0.85, 0.99]))
            if r.random() < 0.2:
                settings.update(embed="hashed", dimensions=r.choice([8, 64]), planted=0)
                del settings["vectors"]
            elif r.random() < 0.3:
                settings["components"] = r.choice([1, 2])
            if r.random() < 0.2:
                settings["frequencies"] = "tables/f%d.txt" % number
            if r.random() < 0.5:
                settings.setdefault("decide", ["aligned"]).append("embedding")
        if r.random() < 0.1:
            settings["answer"] = "solution"
        return {"decontaminate": settings}

    def _keep(self):
        return self.random.choice([[], [], ["longest"], ["shortest", "source"], ["newest:when"],
                                   ["highest:stars", "longest"], ["lowest:stars"]])

    def _exact(self):
        return {"dedup.exact": {"keep": self._keep()}}

    def _minhash(self):
        r = self.random
        settings = {"preset": r.choice(["fineweb", "dolma3", "nemo", "bigcode", "lee2021"]), "keep": self._keep()}
        if r.random() < 0.5:
            settings.update(bands=r.choice([1, 6, 20]), rows=r.choice([1, 2, 4]),
                            threshold=r.choice([0.2, 0.5, 0.75]), shingle=r.randint(1, 5))
        if r.random() < 0.4:
            settings["bucket_head"] = r.randint(1, 3)
        if r.random() < 0.2:
            settings["measure"] = "containment"
        if r.random() < 0.2:
            settings["verify"] = False
        if r.random() < 0.2:
            settings["cluster"] = "components"
        return {"dedup.minhash": settings}

    def _semantic(self, number):
        r = self.random
        settings = {"name": "same%d" % number, "column": r.choice(["vec", "vec", "unit", "hashed"]), "keep": self._keep(), "threshold": r.choice([0.95, 0.8, 0.999, 1, 0.1234567])}
        if r.random() < 0.7:
            settings.update(clusters=r.randint(1, 4), probes=r.randint(1, 3))
        if r.random() < 0.3:
            settings["iterations"] = r.randint(0, 3)
        if r.random() < 0.4:
            settings["neighbours"] = r.randint(1, 3)
        if r.random() < 0.3:
            settings["cluster"] = "components"
        elif r.random() < 0.3:
            settings["chain"] = True
        if r.random() < 0.3:
            settings["keep"] = [r.choice(["hard", "easy"])]
        if r.random() < 0.2:
            settings["seed"] = r.randint(0, 3)
        return {"dedup.semantic": settings}

    def _nearest(self, number):
        r = self.random
        settings = {"column": r.choice(["vec", "vec", "unit"]), "against": ["base-out"], "name": "near%d" % number}
        if r.random() < 0.7:
            settings.update(k=r.randint(1, 5), clusters=r.randint(1, 4), probes=r.randint(1, 3))
        if r.random() < 0.3:
            settings["iterations"] = r.randint(0, 3)
        return {"nearest": settings}


def as_yaml(job):
    return yaml.safe_dump(job, sort_keys=False, allow_unicode=True)
