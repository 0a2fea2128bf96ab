"""What the `checks` of a job measure, from published rows alone.

    results = checks.evaluate(job, tables, previous)    tables: those of this snapshot, and of the one before or None
    results = [{"name", "check", "level", "outcome": "ok" | "failed" | "skipped", "measured": Fraction | float | None}]

Numbers and lengths are compared as truncated(): with 7 bits behind the first.
"""

import math
import re
import struct
from bisect import bisect_left
from collections import Counter
from fractions import Fraction

from hashes import utf8

MOST_VALUES, LONGEST_VALUE = 1000, 128  # of a column whose values are counted one by one


def truncated(number):
    """The double at most 1/128 nearer to zero; zero below 2^-64, and at most 2^64."""
    number = max(-(2.0**64), min(2.0**64, float(number)))
    if abs(number) < 2.0**-64:
        return 0.0
    [bits] = struct.unpack("<Q", struct.pack("<d", number))
    return struct.unpack("<d", struct.pack("<Q", bits >> 45 << 45))[0]


def texts(tables):
    return [(columns, row) for path, (columns, rows) in tables.items() if path.startswith("text/") for row in rows]


def column_values(tables, name):
    """[(type, value)] of the documents that have one."""
    return [(columns[name], row[name]) for columns, row in texts(tables) if row.get(name) is not None]


def counts(tables):
    """{(source, "in" | "kept" | step): documents}, and how many are contaminated."""
    found, contaminated = Counter(), set()
    for path, (_, rows) in tables.items():
        for row in rows if path.startswith("ledger/") else []:
            if row["fate"] in ("kept", "dropped"):
                found[row["source"], "in"] += 1
                found[row["source"], "kept" if row["fate"] == "kept" else row["step"]] += 1
            if row.get("reason") == "contaminated":
                contaminated.add(row["key"])
    return found, len(contaminated)


def total(found, fate):
    return sum(n for (_, its), n in found.items() if its == fate)


def is_number(kind):
    return kind in ("int64", "float64")


def magnitudes(found):
    """Truncated numbers; of a column without numbers the bytes of texts."""
    numbers = [truncated(v) for kind, v in found if is_number(kind)]
    return sorted(numbers or [truncated(len(utf8(v))) for kind, v in found if kind in ("utf8", "json")])


def quantile(magnitudes_, q):
    return magnitudes_[max(0, math.ceil(q * len(magnitudes_)) - 1)]


def inside(kind, value, check, settings):
    if check == "in_range":
        if not is_number(kind):
            return False
        limits = [settings.get("min"), settings.get("max")]
        low, high = (None if s is None else int(s) if kind == "int64" and isinstance(s, int) else float(s) for s in limits)
        return (low is None or low <= value) and (high is None or value <= high)
    if check == "in_set":
        if is_number(kind):
            return float(value) in [float(v) for v in map(str, settings["values"]) if re.fullmatch(r"-?\d+(\.\d+)?", v)]
        plain = {True: "true", False: "false"}[value] if kind == "bool" else value
        return plain in [str(v) for v in settings["values"]]
    return kind in ("utf8", "json") and re.search(settings["regex"], value) is not None


def categories(found):
    """{text: documents} of texts and bools; none when they are too many or too long."""
    plain = [("true" if v else "false") if kind == "bool" else v for kind, v in found if kind in ("utf8", "json", "bool")]
    few = len(set(plain)) <= MOST_VALUES and all(len(utf8(v)) <= LONGEST_VALUE for v in plain)
    return Counter(plain) if few else None


def drift(now, before, measure):
    """None where there is nothing to compare."""
    numbers = any(is_number(kind) for kind, _ in now + before)
    a, b = categories(now), categories(before)
    if numbers or measure == "ks" or a is None or b is None:
        a, b = magnitudes([v for v in now if is_number(v[0]) or not numbers]), magnitudes([v for v in before if is_number(v[0]) or not numbers])
        if not a or not b:
            return None
        if measure == "ks":
            return max(abs(Fraction(sum(v <= x for v in a), len(a)) - Fraction(sum(v <= x for v in b), len(b))) for x in a + b)
        edges = sorted({quantile(b, Fraction(i, 10)) for i in range(1, 10)})
        a, b = (Counter(bisect_left(edges, v) for v in side) for side in (a, b))
    n, m, bins = sum(a.values()), sum(b.values()), set(a) | set(b)
    if not n or not m:
        return None
    if measure == "psi":
        p = {x: (a[x] + 0.5) / (n + 0.5 * len(bins)) for x in bins}
        q = {x: (b[x] + 0.5) / (m + 0.5 * len(bins)) for x in bins}
        return sum((p[x] - q[x]) * math.log(p[x] / q[x]) for x in bins)
    part = lambda p, q: p / 2 * math.log2(2 * p / (p + q)) if p else 0.0
    return sum(part(a[x] / n, b[x] / m) + part(b[x] / m, a[x] / n) for x in bins)


def share(of, all_):
    return Fraction(of, all_) if all_ else None


def measured(check, s, job, tables, before):
    """The measure of one check; None: there is nothing to measure."""
    found, contaminated = counts(tables)
    kept = texts(tables)
    values = column_values(tables, s["column"]) if "column" in s else []
    if check == "row_count":
        return Fraction(sum(len(rows) for path, (_, rows) in tables.items()
                            if path.startswith("text/%s/" % s["split"] if "split" in s else "text/")))
    if check == "completeness":
        return share(len(values), len(kept))
    if check == "uniqueness":
        plain = [utf8(v) if isinstance(v, str) else v if isinstance(v, bytes) else struct.pack("<?" if isinstance(v, bool) else "<q" if isinstance(v, int) else "<d", v) for _, v in values]
        return share(len(set(plain)), len(values))
    if check in ("in_range", "in_set", "pattern"):
        return share(sum(inside(kind, v, check, s) for kind, v in values), len(values))
    if check == "quantile":
        return quantile(magnitudes(values), Fraction(str(s["q"]))) if magnitudes(values) else None
    if check == "dup_rate":
        return share(sum(n for (_, fate), n in found.items() if fate.startswith("dedup.")), total(found, "in"))
    if check == "contamination_rate":
        return share(contaminated, total(found, "in"))
    if check == "removal_share":
        def gone(source):
            return found[source, s["step"]] if "step" in s else found[source, "in"] - found[source, "kept"]
        shares = [Fraction(gone(name), found[name, "in"]) for name in sources(job, s) if found[name, "in"]]
        return max(shares, default=None)
    if check == "change_vs_previous" and before is not None:
        fate = {"documents_in": "in", "documents_kept": "kept"}[s.get("of", "documents_kept")]
        now, then = (sum(side[name, fate] for name, its in list(side) if its == fate and ("source" not in s or name == s["source"]))
                     for side in (found, counts(before)[0]))
        return share(abs(now - then), then)
    if check == "drift" and before is not None:
        return drift(values, column_values(before, s["column"]), s.get("measure", "js"))
    return None


def sources(job, settings):
    return [settings["source"]] if "source" in settings else [source["name"] for source in job["sources"]]


def fails(check, s, value):
    exact = lambda limit: Fraction(str(limit))
    if check == "quantile":
        return "min" in s and value < truncated(s["min"]) or "max" in s and value > truncated(s["max"])
    if check in ("in_range", "in_set", "pattern"):
        return value < exact(s.get("share", 1))
    if check == "drift":
        return Fraction(round(value * 10**6), 10**6) > exact(s["max"])
    low = s.get("min", 1) if check == "uniqueness" else s.get("min")
    return low is not None and value < exact(low) or "max" in s and value > exact(s["max"])


def named(listed):
    """[(name, check, settings)]: the name of a check is what it measures, unless the job gives one."""
    plain = [s.get("name", name + (":" + s["column"] if "column" in s else "")) for name, s in listed]
    return [(p if "name" in s or plain.count(p) == 1 else "%s#%d" % (p, i + 1), name, s)
            for i, (p, (name, s)) in enumerate(zip(plain, listed))]


def evaluate(job, tables, before):
    results = []
    for name, check, s in named([next(iter(check.items())) for check in job.get("checks", [])]):
        value = measured(check, s, job, tables, before)
        gone = "column" in s and texts(tables) and not column_values(tables, s["column"])  # what such a check is for
        outcome = ("failed" if gone else "skipped") if value is None else "failed" if fails(check, s, value) else "ok"
        results.append({"name": name, "check": check, "level": s.get("level", "error"), "outcome": outcome, "measured": value})
    return results + losses(job, tables, before)


def losses(job, tables, before):
    """Sources that have less than a tenth of what they had, in or kept: always told."""
    found = []
    for source in [s["name"] for s in job["sources"]] if before is not None else []:
        for fate in ("in", "kept"):
            then, now = counts(before)[0][source, fate], counts(tables)[0][source, fate]
            if (then - now) * 10 > then * 9:
                found.append({"name": "source_loss:" + source, "check": "source_loss", "level": "warn", "outcome": "failed",
                              "measured": Fraction(then - now, then)})
                break
    return found
