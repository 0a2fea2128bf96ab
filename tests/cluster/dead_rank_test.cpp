#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "cluster/thread_cluster.hpp"
#include "cluster/watchdog.hpp"
#include "tests/cluster/cluster_checks.hpp"

namespace shardmill {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A mix of everything a rank can be in the middle of when another one dies.
void work(Cluster& cluster) {
  for (int round = 0; round < 3; ++round) {
    checks::check_transport(cluster, 5, 1000);
    checks::check_collectives(cluster.control);
  }
}

TEST(DeadRank, EndsAllWhereverItDies) {
  for (u64 after = 0; after < 60; after = after * 3 / 2 + 1) {
    ThreadOptions options;
    options.dying = DyingRank{{1}, after};
    std::atomic<u32> lost{0};
    const auto start = Clock::now();
    EXPECT_THROW(
        run_on_threads(3, options,
                       [&](Cluster& c) {
                         try {
                           work(c);
                         } catch (const PeerLost& error) {
                           ++lost;
                           EXPECT_NE(std::string(error.what()).find("rank 1"), std::string::npos)
                               << error.what();
                           throw;
                         }
                       }),
        InjectedDeath)
        << "after " << after;
    EXPECT_EQ(lost, 2u) << "after " << after;
    EXPECT_LT(Clock::now() - start, 10s) << "after " << after;
  }
}

TEST(DeadRank, TheFirstCauseIsRethrown) {
  try {
    run_on_threads(3, {}, [](Cluster& c) {
      if (c.rank().value == 2) throw DataError("b.jsonl:7: torn");
      c.control.barrier();
    });
    FAIL() << "nothing was thrown";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "b.jsonl:7: torn");
  }
}

TEST(DeadRank, ARankThatReturnsEarlyIsNamed) {
  try {
    run_on_threads(2, {}, [](Cluster& c) {
      if (c.rank().value == 0) c.control.barrier();
    });
    FAIL() << "nothing was thrown";
  } catch (const TransportError& error) {
    EXPECT_NE(std::string(error.what()).find("rank 1"), std::string::npos) << error.what();
  }
}

TEST(WaitLimit, SaysWhatWasWaitedFor) {
  ThreadOptions options;
  options.wait_limit = 200ms;
  try {
    run_on_threads(2, options, [](Cluster& c) {
      std::string buffer(10, ' ');
      if (c.control.is_root()) {
        c.transport.post_receive({1}, 77, std::as_writable_bytes(std::span(buffer)));
      }
      std::vector<Transport::Done> done;
      Backoff backoff;
      while (c.control.is_root()) {
        c.transport.poll(done);
        backoff.miss();
      }
    });
    FAIL() << "nothing was thrown";
  } catch (const TransportError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("from rank 1 on channel 77"), std::string::npos) << message;
  }
}

TEST(WaitLimit, ACollectiveNamesWhoDidNotCome) {
  ThreadOptions options;
  options.wait_limit = 100ms;
  try {
    run_on_threads(2, options, [](Cluster& c) {
      if (c.rank().value == 1) std::this_thread::sleep_for(400ms);
      c.control.barrier();
    });
    FAIL() << "nothing was thrown";
  } catch (const TransportError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("barrier for rank 1"), std::string::npos) << message;
  }
}

TEST(Watchdog, FiresOnceWithoutProgressAndSaysWhat) {
  std::atomic<u32> fired{0};
  std::string line;
  {
    Watchdog watchdog({4}, 1s, [&](const std::string& text) {
      line = text;
      ++fired;
    });
    watchdog.doing("exchange bands: waiting for credit from rank 3");
    for (int i = 0; i < 15; ++i) {  // 1.5 s with progress
      watchdog.progress();
      std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(fired, 0u);
    std::this_thread::sleep_for(1500ms);
    EXPECT_EQ(fired, 1u);
  }
  EXPECT_NE(line.find("rank 4"), std::string::npos) << line;
  EXPECT_NE(line.find("waiting for credit from rank 3"), std::string::npos) << line;
}

TEST(Watchdog, PrintsTheStackOfTheThreadThatIsStuck) {
  testing::internal::CaptureStderr();
  {
    Watchdog watchdog({0}, 1s, [](const std::string&) {});
    std::this_thread::sleep_for(1500ms);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  // The sleep of this thread, by a name that the C library exports.
  EXPECT_NE(text.find("nanosleep"), std::string::npos) << text;
}

}  // namespace
}  // namespace shardmill
