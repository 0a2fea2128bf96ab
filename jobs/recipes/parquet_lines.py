#!/usr/bin/env python3
"""Prints the rows of a Parquet file as JSON lines, for a source with `format: command`:

  - {name: books, read: data/*.parquet, format: command, command: [python3, parquet_lines.py]}

Needs pyarrow. Values that JSON lacks (dates, decimals) become strings; bytes must be UTF-8. A number
that is NaN is missing; an infinite one, or NaN in a list, is an error.
"""
import json
import sys

import pyarrow.parquet as parquet

for batch in parquet.ParquetFile(sys.argv[1]).iter_batches(batch_size=1024):
    for row in batch.to_pylist():
        text = lambda value: value.decode() if isinstance(value, bytes) else str(value)
        row = {name: None if value != value else value for name, value in row.items()}
        print(json.dumps(row, default=text, allow_nan=False))
