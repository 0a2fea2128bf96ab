#include "cluster/runtime.hpp"

#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <thread>

#include "cluster/agree.hpp"
#include "cluster/environment.hpp"
#include "cluster/host.hpp"
#include "cluster/launcher.hpp"
#include "cluster/mpi_communicator.hpp"
#include "cluster/mpi_transport.hpp"
#include "cluster/peak_memory.hpp"
#include "cluster/scratch.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

// Rows after which a stage spills under SHARDMILL_FORCE_SPILL=1: a test corpus of some hundred
// documents makes several runs, and one of a million not a million files.
constexpr u64 kForcedSpillRows = 100;

class MpiSession {
 public:
  MpiSession() {
    int provided = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  }
  ~MpiSession() { MPI_Finalize(); }
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
};

[[noreturn]] void end_all_ranks(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  _exit(exit_code);  // MPI_Abort may return when it cannot reach the launcher
}

// Every rank stuck in the same hang shall say where it is, before the first one ends them all.
void end_stuck_run(const std::string&) {
  std::this_thread::sleep_for(std::chrono::seconds(2));
  end_all_ranks(1);
}

Rank rank_in_world() {
  int rank = 0;
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  return {narrow<u32>(rank)};
}

int ranks_in_world() {
  int ranks = 0;
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &ranks), "MPI_Comm_size");
  return ranks;
}

// What a Cluster points to, in the order in which one needs the other.
class Parts {
 public:
  explicit Parts(const RuntimeOptions& options)
      : watchdog_(rank_in_world(), watchdog_limit(), end_stuck_run), control_(&watchdog_) {
    agree(control_, [&] {
      refuse_missing_ranks(control_.size(), process_environment());
      return std::string();
    });
    topology_ = find_topology(control_);
    agree_all(control_, [&] {
      const bool chosen = options.memory.value > 0;
      if (chosen && options.memory.value < Budget::kSmallest) {
        throw ConfigError("--memory is " + std::to_string(options.memory.value) +
                          " bytes for a rank; expected at least " +
                          std::to_string(Budget::kSmallest >> 20) + " MiB");
      }
      spill_ = number_in(process_environment(), "SHARDMILL_FORCE_SPILL").value_or(0);
      round_pairs_ = number_in(process_environment(), "SHARDMILL_FORCE_ROUNDS").value_or(0);
      budget_.emplace(chosen ? options.memory : default_memory_per_rank(topology_.ranks_on_node),
                      spill_ > 0);
      scratch_.emplace(
          options.scratch.empty() ? std::filesystem::temp_directory_path() : options.scratch,
          control_.rank());
    });
    scratch_limit_ = options.scratch_limit;
    stop_on_signals(stop_);
  }

  Cluster cluster() {
    Cluster cluster{control_,  transport_, *budget_,
                    watchdog_, stop_,      {scratch_->path(), scratch_limit_}};
    cluster.force_spill_rows = spill_ == 1 ? kForcedSpillRows : spill_;
    cluster.force_round_pairs = round_pairs_;
    // As patient as the watchdog with a rank that waits for others: a slow one has its own.
    const std::chrono::seconds limit = watchdog_limit();
    cluster.wait_limit = limit.count() > 0 ? Watchdog::kPatience * limit : std::chrono::years(1);
    const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
    if (topology_.ranks_on_node <= cores) cluster.free_polls = Backoff::kFreeMissesAlone;
    return cluster;
  }
  [[nodiscard]] const Topology& topology() const { return topology_; }
  [[nodiscard]] std::string state() const { return watchdog_.state(); }
  Communicator& control() { return control_; }
  void remove_scratch() { scratch_.reset(); }

 private:
  Watchdog watchdog_;
  MpiCommunicator control_;
  MpiTransport transport_;
  StopFlag stop_;
  Topology topology_;
  u64 spill_ = 0;
  u64 round_pairs_ = 0;
  std::optional<Budget> budget_;
  std::optional<ScratchFolder> scratch_;
  u64 scratch_limit_ = UINT64_MAX;
};

void print_line(const std::string& text) {
  // One write, so that lines of several ranks do not mix.
  std::fputs(("shardmill: " + text + "\n").c_str(), stderr);
  std::fflush(stderr);
}

// The one error path. Returns the exit code of an agreed error; ends all ranks for any other.
int fail(const std::exception& error, Parts* parts) {
  const auto* own = dynamic_cast<const Error*>(&error);
  const int exit_code = own != nullptr ? own->exit_code() : 1;
  if (is_agreed(error)) {
    if (rank_in_world().value == 0) print_line(error.what());
    return exit_code;
  }
  const bool out_of_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  print_line(
      "rank " + std::to_string(rank_in_world().value) + " on " + host_name() + ": " +
      (parts != nullptr ? parts->state() : "starting") + ": " +
      (out_of_memory ? "out of memory; give a smaller --memory or fewer ranks" : error.what()));
  if (parts != nullptr) parts->remove_scratch();
  end_all_ranks(exit_code);
}

int run_body(const RuntimeOptions& options, const Runtime::Body& body) {
  std::optional<Parts> parts;
  try {
    parts.emplace(options);
    Cluster cluster = parts->cluster();
    const int exit_code = body(cluster, parts->topology());
    return narrow<int>(parts->control().all_max(narrow<u64>(exit_code)));
  } catch (const std::exception& error) {
    return fail(error, parts ? &*parts : nullptr);
  }
}

}  // namespace

int Runtime::run(const RuntimeOptions& options, const Body& body) {
  die_with_launcher();
  return_large_allocations();
  MpiSession session;
  const int exit_code = run_body(options, body);
  // mpirun ends the other ranks when the first leaves with an error, and Open MPI may crash in one
  // that is just being finalised. So all leave together, when the last has told what there was to
  // tell and cleaned up.
  if (exit_code != 0 && ranks_in_world() > 1) {
    std::fflush(nullptr);
    MPI_Barrier(MPI_COMM_WORLD);
    _exit(exit_code);
  }
  return exit_code;
}

}  // namespace shardmill
