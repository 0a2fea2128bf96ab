#include "cluster/thread_cluster.hpp"

#include <cstdlib>
#include <system_error>
#include <thread>
#include <vector>

#include "cluster/scratch.hpp"
#include "cluster/signals.hpp"
#include "cluster/thread_communicator.hpp"
#include "cluster/thread_transport.hpp"
#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

// A fresh folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "shardmill-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw ResourceError("cannot make a folder like " + pattern);
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code failure;  // a leftover in /tmp must not hide what the test found
    std::filesystem::remove_all(path_, failure);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

void run_on_threads(u32 ranks, const ThreadOptions& options,
                    const std::function<void(Cluster&)>& body) {
  const TemporaryFolder folder;
  ThreadWorld world(ranks, options.wait_limit, options.dying);
  ThreadMeeting meeting(ranks);
  ThreadMailboxes mailboxes(ranks);
  StopFlag stop;

  const auto run_rank = [&](Rank rank) {
    try {
      const ScratchFolder scratch(folder.path(), rank);
      Budget budget(options.memory, options.force_spill);
      Watchdog watchdog(rank, options.watchdog_limit, [&](const std::string& line) {
        world.leave(rank, std::make_exception_ptr(TransportError(line)));
      });
      ThreadCommunicator control(world, meeting, rank, &watchdog);
      ThreadTransport transport(world, mailboxes, rank, options.longest_delay, options.seed);
      Cluster cluster{control, transport, budget, watchdog, stop, {scratch.path()}};
      cluster.force_spill_rows = options.force_spill_rows;
      body(cluster);
      if (cluster.scratch.held != 0) {
        throw InternalError("rank " + std::to_string(rank.value) + " is left with " +
                            std::to_string(cluster.scratch.held) + " bytes on scratch");
      }
    } catch (...) {
      world.leave(rank, std::current_exception());
      return;
    }
    world.leave(rank, nullptr);
  };

  {
    std::vector<std::jthread> threads;
    for (u32 rank = 0; rank < ranks; ++rank) threads.emplace_back(run_rank, Rank{rank});
  }
  if (const auto failure = world.first_failure()) std::rethrow_exception(failure);
}

}  // namespace shardmill
