#!/usr/bin/env bash
# Several job files one after another, each as a Slurm job that starts when the one before has
# succeeded (afterok); one that is queued again is waited for:
#   slurm/chain.sh INGEST.yaml DEDUP.yaml EVAL.yaml
# Options of sbatch come from its variables (SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_TIMELIMIT); another
# script for each job as SCRIPT. When one fails, those behind it are cancelled. Prints the jobs' numbers.
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
export SHARDMILL=${SHARDMILL:-$here/../shardmill}
(($#)) || { echo "usage: chain.sh JOB.yaml…" >&2 && exit 2; }
for job; do  # all of them before any is submitted
  [[ -r $job ]] || { echo "chain.sh: cannot read $job" >&2 && exit 2; }
done

after=()
for job; do
  id=$(sbatch --parsable "${after[@]}" "${SCRIPT:-$here/single-node.sbatch}" "$job")
  id=${id%%;*}  # behind the semicolon: the name of the cluster
  echo "$id $job"
  after=(--dependency="afterok:$id" --kill-on-invalid-dep=yes)
done
