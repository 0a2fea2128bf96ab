#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "cluster/thread_cluster.hpp"
#include "tests/cluster/cluster_checks.hpp"

namespace shardmill {
namespace {

using namespace std::chrono_literals;

class RanksAndDelay : public testing::TestWithParam<std::tuple<u32, int, u64>> {
 protected:
  static ThreadOptions options() {
    ThreadOptions options;
    options.longest_delay = std::chrono::microseconds(std::get<1>(GetParam()));
    options.seed = std::get<2>(GetParam());
    return options;
  }
  static u32 ranks() { return std::get<0>(GetParam()); }
};

TEST_P(RanksAndDelay, EveryStreamArrivesWholeAndInOrder) {
  run_on_threads(ranks(), options(), [](Cluster& c) { checks::check_transport(c, 40, 3000); });
}

TEST_P(RanksAndDelay, AReceiveCanBeTakenBack) {
  run_on_threads(ranks(), options(), [](Cluster& c) { checks::check_cancel(c); });
}

INSTANTIATE_TEST_SUITE_P(Of, RanksAndDelay,
                         testing::Combine(testing::Values(1, 2, 3, 5), testing::Values(0, 500),
                                          testing::Values(1, 2)));

TEST(ThreadTransport, AFrameLargerThanItsReceiveIsAnError) {
  run_on_threads(1, {}, [](Cluster& c) { checks::check_too_large(c); });
}

TEST(ThreadTransport, NothingIsBuffered) {
  // Without a posted receive a send must not finish, or a missing credit would go unseen.
  run_on_threads(2, {}, [](Cluster& c) {
    const std::string frame = "frame";
    std::string buffer(5, ' ');
    std::vector<Transport::Done> done;
    if (c.control.is_root()) c.transport.send({1}, 1, std::as_bytes(std::span(frame)));
    c.control.barrier();
    std::this_thread::sleep_for(5ms);
    c.transport.poll(done);
    EXPECT_TRUE(done.empty());
    c.control.barrier();
    if (!c.control.is_root()) {
      c.transport.post_receive({0}, 1, std::as_writable_bytes(std::span(buffer)));
    }
    while (done.empty()) c.transport.poll(done);
    EXPECT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].bytes, 5u);
    c.control.barrier();
  });
}

TEST(ThreadTransport, DelaysLetFramesOfDifferentPeersOvertake) {
  // Rank 0 sends first, then rank 1; with delays rank 2 must sometimes hear rank 1 first.
  u32 overtaken = 0;
  for (u64 seed = 0; seed < 20; ++seed) {
    ThreadOptions options;
    options.longest_delay = 30ms;  // much longer than a barrier of a busy machine
    options.seed = seed;
    run_on_threads(3, options, [&](Cluster& c) {
      const std::string frame = "frame";
      std::array<std::string, 2> buffers{std::string(5, ' '), std::string(5, ' ')};
      std::array<Transport::Ticket, 2> tickets{};
      for (u32 sender : {0u, 1u}) {
        if (c.rank().value == sender) c.transport.send({2}, 1, std::as_bytes(std::span(frame)));
        if (c.rank().value == 2) {
          tickets[sender] = c.transport.post_receive(
              {sender}, 1, std::as_writable_bytes(std::span(buffers[sender])));
        }
        c.control.barrier();
      }
      std::vector<Transport::Done> done;
      const std::size_t wanted = c.rank().value == 2 ? 2 : 1;
      while (done.size() < wanted) c.transport.poll(done);
      if (c.rank().value == 2 && done[0].ticket == tickets[1]) ++overtaken;
      c.control.barrier();
    });
  }
  EXPECT_GT(overtaken, 0u);
  EXPECT_LT(overtaken, 20u);
}

}  // namespace
}  // namespace shardmill
