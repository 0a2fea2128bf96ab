"""queries.py ENGINE NAME TABLES QUERY: what bench/engine asks other engines; prints seconds, rows and sum.

Each engine reads a file of its own kind, made from TABLES.left_key and so on when it is not there.
"""
import json
import os
import sys
import time

import numpy

engine, name, tables, query = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = "2"


def columns(table):
    return {column: numpy.fromfile(f"{tables}.{table}_{column}", "<u8") for column in ("key", "value")}


def ask_duckdb():
    import duckdb
    file = tables + ".duckdb"
    if not os.path.exists(file):
        with duckdb.connect(file) as database:
            for table in ("left", "right"):
                values = columns(table)  # found by its name
                database.execute(f'create table "{table}" as select * from values')
    with duckdb.connect(file, read_only=True, config={"threads": 2}) as database:
        begin = time.perf_counter()
        rows, total = database.execute(query).fetchone()
        return time.perf_counter() - begin, rows, total


def ask_polars():
    import polars as pl
    for table in ("left", "right"):
        if not os.path.exists(f"{tables}.{table}.arrow"):
            pl.DataFrame(columns(table)).write_ipc(f"{tables}.{table}.arrow")
    left, right = (pl.scan_ipc(f"{tables}.{table}.arrow") for table in ("left", "right"))
    value = pl.col("value")
    if name == "join":
        plan = left.join(right, on="key").select(pl.len().alias("rows"), (value + pl.col("value_right")).sum().alias("sum"))
    elif name == "reduce":
        plan = left.group_by("key").agg(total=pl.len().cast(pl.UInt64) + value.sum() + value.min()).select(
            pl.len().alias("rows"), pl.col("total").sum().alias("sum"))
    else:
        plan = left.group_by("key").agg(q=value.sort().get((pl.len() - 1) // 2)).select(
            pl.len().alias("rows"), pl.col("q").sum().alias("sum"))
    begin = time.perf_counter()
    result = plan.collect(engine="streaming")
    return time.perf_counter() - begin, result["rows"][0], result["sum"][0]


seconds, rows, total = ask_duckdb() if engine == "duckdb" else ask_polars()
print(json.dumps({"seconds": seconds, "rows": int(rows), "sum": float(total)}))
