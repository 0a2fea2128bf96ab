"""Where a run is, as its logs say: for tests that stop or kill it in a stage of their choice."""

import json


def log_sizes(folder):
    """How long the logs are, by rank: runs write behind those before them."""
    return {path.name: path.stat().st_size for path in (folder / "out/log").glob("rank-*.jsonl")}


def log_since(folder, sizes):
    """Lines of the logs behind these sizes, by rank."""
    found = {}
    for path in sorted((folder / "out/log").glob("rank-*.jsonl")):
        text = path.read_bytes()[sizes.get(path.name, 0):]
        found[path.name] = [json.loads(line) for line in text.splitlines() if line.endswith(b"}")]
    return found


def of_rank_0(log, event):
    return [line for line in log.get("rank-0.jsonl", []) if line["event"] == event]


def stage_seconds(folder, sizes):
    """How long each stage took, of the run whose logs begin behind these sizes."""
    return {line["stage"]: line["seconds"] for line in of_rank_0(log_since(folder, sizes), "stage_ended")}


def stages_begun(folder, sizes):
    return [line["stage"] for line in of_rank_0(log_since(folder, sizes), "stage_started")]


def ranks_of(process, ranks):
    """Their pids; none when the run has ended."""
    if ranks == 1:
        return [process.pid]
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
            return [int(pid) for pid in children.read().split()]
    except FileNotFoundError:
        return []
