# Sourced by the batch scripts of this folder and by those that `shardmill slurm` prints.
#
#   batch_run LAUNCHER JOB.yaml [options of run]
#
# One run inside a Slurm job; does not return. Some time before its time limit (#SBATCH --signal=B:USR1@300)
# Slurm warns this shell alone. The run then finishes the fragment, step (or round of one) or shard it is at,
# commits it and ends with 75, and the job goes back to the queue, where the same command goes on. It does not when
# the run committed nothing (each try would do the same again and get no further), after
# SHARDMILL_RESTARTS (50) restarts, or when it was TERM that came: somebody wants the job to end.

readonly stopped=75  # the exit code of a run that stopped and can go on

batch_run() {
  local launcher=$1 run='' said status signalled='' warned=''
  shift
  [[ " $* " == *' --json '* ]] || set -- "$@" --json
  said=$(mktemp) || exit

  # The traps come first: a warning may come at any moment. The launcher passes USR1 on to every rank.
  trap 'signalled=1 warned=1; [[ -z $run ]] || kill -USR1 "$run" 2>/dev/null' USR1
  trap 'signalled=1; [[ -z $run ]] || kill -USR1 "$run" 2>/dev/null' TERM
  "$launcher" run "$@" >"$said" &
  run=$!
  [[ -z $signalled ]] || kill -USR1 "$run"  # it came before there was a run
  while wait "$run"; status=$?; [[ $signalled ]] && ((status > 128)); do
    signalled=  # the signal ended `wait`, not the run
    echo "batch_run: told to stop; the run finishes what it is at" >&2
  done
  cat "$said"
  [[ $(<"$said") =~ \"committed\":[1-9] ]] || warned=
  rm -f "$said"

  if ((status == stopped)) && [[ $warned ]]; then
    if ((${SLURM_RESTART_COUNT:-0} >= ${SHARDMILL_RESTARTS:-50})); then
      echo "batch_run: ${SLURM_RESTART_COUNT} restarts are enough; not queued again" >&2
    elif scontrol requeue "$SLURM_JOB_ID"; then
      exit 0
    fi
  fi
  exit "$status"
}
