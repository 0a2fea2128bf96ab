"""What a snapshot says, read with h5py alone: {path: (columns, rows)}."""

import json
from pathlib import Path

import h5py


def read_table(path):
    with h5py.File(path, "r") as file:
        n, columns, values = int(file.attrs["n_documents"]), {}, {}
        for stored, column in file["columns"].items():
            if stored.endswith(".valid"):
                continue
            name = text_of(column.attrs.get("name", stored))
            columns[name] = text_of(column.attrs["type"])
            valid = None
            if isinstance(column, h5py.Group):
                offsets, data = column["offsets"][:], column["bytes"][:].tobytes()
                cells = [data[offsets[i]:offsets[i + 1]].decode("utf-8") for i in range(n)]
                valid = column["valid"][:] if "valid" in column else None
            else:
                vectors = columns[name] == "vector"
                if vectors and (column.ndim != 2 or column.dtype.str != "<f4"):
                    raise ValueError("%s: %s is no column of vectors" % (path, name))
                cells = [cell.tobytes() if vectors else cell.item() for cell in column[:]]
                if columns[name] == "bool":
                    cells = [bool(cell) for cell in cells]
                if stored + ".valid" in file["columns"]:
                    valid = file["columns"][stored + ".valid"][:]
            values[name] = [c if valid is None or valid[i] else None for i, c in enumerate(cells)]
        rows = [{name: values[name][i] for name in columns} for i in range(n)]
        return columns, rows


def text_of(attribute):
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)


def read_snapshot(folder):
    import tokens  # of this folder; who reads single tables need not have it on the path

    folder = Path(folder)
    tables = {str(path.relative_to(folder)): tokens.read_shard(path) for path in (folder / "tokens").rglob("*.h5")}
    tables |= {str(path.relative_to(folder)): read_table(path)
              for kind in ("text", "ledger", "clusters", "tables") for path in (folder / kind).rglob("*.h5")}
    return tables, json.loads((folder / "manifest.json").read_text())
