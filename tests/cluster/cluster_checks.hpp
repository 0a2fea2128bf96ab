// Checks of a Communicator and a Transport that hold for ranks as threads and as processes alike.
// Every rank calls them; a failed one throws InternalError in the rank that sees it.
#pragma once

#include <algorithm>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "cluster/agree.hpp"
#include "cluster/backoff.hpp"
#include "cluster/cluster.hpp"

namespace shardmill::checks {

template <class A, class B>
void expect_equal(const A& is, const B& should_be, const std::string& what) {
  if (!(is == should_be)) throw InternalError("check failed: " + what);
}

// Bytes that no other rank and no other number has, of any length.
inline std::string pattern(u32 rank, u64 number, std::size_t length) {
  std::string bytes(length, '\0');
  u64 state = (u64{rank} + 1) * 0x9e3779b97f4a7c15 + number;
  for (char& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

inline void check_collectives(Communicator& control) {
  const u32 n = control.size();
  const u32 me = control.rank().value;
  control.barrier();
  for (const std::size_t unit : {std::size_t{0}, std::size_t{1}, std::size_t{5000}}) {
    const auto all = control.all_gather(pattern(me, unit, unit * me));
    expect_equal(all.size(), n, "all_gather returns one entry for each rank");
    for (u32 i = 0; i < n; ++i) {
      expect_equal(all[i], pattern(i, unit, unit * i), "all_gather: entry of each rank");
    }
    const std::string from_root = control.broadcast(me == 0 ? pattern(0, 7, unit) : "ignored");
    expect_equal(from_root, pattern(0, 7, unit), "broadcast gives the root's bytes");
  }
  std::vector<u64> mine;
  std::vector<u64> sums;
  std::vector<u64> highest;
  for (u64 i = 0; i < 1000; ++i) {
    mine.push_back(i * (me + 1));
    sums.push_back(i * n * (n + 1) / 2);
    highest.push_back(i * n);
  }
  expect_equal(control.all_sum(mine), sums, "all_sum, element by element");
  expect_equal(control.all_max(mine), highest, "all_max, element by element");
  expect_equal(control.all_sum(std::vector<u64>{}).size(), 0u, "all_sum of nothing");
  // 2^63 from every rank: 64 bits are kept, and the rest wraps.
  expect_equal(control.all_sum(u64{1} << 63), u64{n % 2} << 63, "all_sum is modulo 2^64");
  expect_equal(control.all_max((u64{1} << 63) + me), (u64{1} << 63) + n - 1, "all_max of 64 bits");
  expect_equal(control.any(me == n - 1), true, "any: one rank says yes");
  expect_equal(control.any(false), false, "any: nobody says yes");
}

// Every rank sends `frames` frames of changing length to every rank, itself too, on two channels,
// with few receives posted at a time; each stream must arrive whole, in order.
inline void check_transport(Cluster& cluster, u64 frames, std::size_t longest) {
  struct Stream {
    Rank peer;
    u32 channel = 0;
    u64 sent = 0;
    u64 posted = 0;
    u64 received = 0;
    std::string outgoing;               // one send under way at a time
    Transport::Ticket send = 0;         // 0: none
    std::vector<std::string> incoming;  // the buffers of posted receives, oldest first
    std::vector<Transport::Ticket> waiting;
  };
  constexpr std::size_t kPosted = 3;
  const auto length = [&](u32 from, u64 number) {
    // Long and short in turn: short frames must not overtake long ones.
    return number % 2 == 0 ? longest - number % 7 : (from + number * 13) % 50;
  };
  std::vector<Stream> streams;
  for (u32 channel : {3u, 4u}) {
    for (u32 peer = 0; peer < cluster.size(); ++peer) {
      Stream stream;
      stream.peer = {peer};
      stream.channel = channel;
      stream.incoming.assign(kPosted, std::string(longest, '\0'));
      streams.push_back(std::move(stream));
    }
  }
  const u32 me = cluster.rank().value;
  const auto advance = [&](Stream& s) {
    if (s.send == 0 && s.sent < frames) {
      s.outgoing = pattern(me, s.sent * 10 + s.channel, length(me, s.sent));
      s.send = cluster.transport.send(s.peer, s.channel, std::as_bytes(std::span(s.outgoing)));
      ++s.sent;
    }
    while (s.waiting.size() < kPosted && s.posted < frames) {
      auto& buffer = s.incoming[s.posted % kPosted];
      s.waiting.push_back(cluster.transport.post_receive(
          s.peer, s.channel, std::as_writable_bytes(std::span(buffer))));
      ++s.posted;
    }
  };
  const auto arrive = [&](Stream& s, std::size_t bytes) {
    const u64 number = s.received++;
    const std::string& buffer = s.incoming[number % kPosted];
    expect_equal(buffer.substr(0, bytes),
                 pattern(s.peer.value, number * 10 + s.channel, length(s.peer.value, number)),
                 "frame " + std::to_string(number) + " from rank " + std::to_string(s.peer.value));
    s.waiting.erase(s.waiting.begin());
  };
  const auto is_open = [&](const Stream& s) { return s.received < frames || s.send != 0; };
  std::vector<Transport::Done> done;
  Backoff backoff;
  for (auto& stream : streams) advance(stream);
  while (std::any_of(streams.begin(), streams.end(), is_open)) {
    done.clear();
    cluster.transport.poll(done);
    done.empty() ? backoff.miss() : backoff.hit();
    for (const auto& finished : done) {
      for (auto& stream : streams) {
        if (stream.send == finished.ticket) {
          expect_equal(finished.bytes, stream.outgoing.size(), "bytes of a finished send");
          stream.send = 0;
        } else if (!stream.waiting.empty() && stream.waiting.front() == finished.ticket) {
          arrive(stream, finished.bytes);
        } else {
          expect_equal(std::count(stream.waiting.begin(), stream.waiting.end(), finished.ticket), 0,
                       "receives of one stream finish in the order posted");
          continue;
        }
        advance(stream);
      }
    }
  }
}

// A receive can be taken back, and the next one posted gets the next frame.
inline void check_cancel(Cluster& cluster) {
  const Rank next{(cluster.rank().value + 1) % cluster.size()};
  const Rank previous{(cluster.rank().value + cluster.size() - 1) % cluster.size()};
  std::string never(10, 'x');
  std::string arrives(10, 'x');
  const std::string frame = "frame";
  cluster.transport.cancel(
      cluster.transport.post_receive(previous, 9, std::as_writable_bytes(std::span(never))));
  cluster.control.barrier();
  cluster.transport.post_receive(previous, 9, std::as_writable_bytes(std::span(arrives)));
  cluster.transport.send(next, 9, std::as_bytes(std::span(frame)));
  std::vector<Transport::Done> done;
  Backoff backoff;
  while (done.size() < 2) {
    cluster.transport.poll(done);
    backoff.miss();
  }
  expect_equal(arrives.substr(0, 5), frame, "the second receive gets the frame");
  expect_equal(never, std::string(10, 'x'), "the cancelled receive is untouched");
  cluster.control.barrier();
}

// A frame that does not fit its receive is an error that says so, not a cut frame.
inline void check_too_large(Cluster& cluster) {
  // Only 10 bytes are posted, but there is room for all: see MpiTransport.
  std::string small(2000, 'x');
  const std::string large(1010, 'y');
  cluster.transport.post_receive(cluster.rank(), 11,
                                 std::as_writable_bytes(std::span(small).first(10)));
  cluster.transport.send(cluster.rank(), 11, std::as_bytes(std::span(large)));
  std::vector<Transport::Done> done;
  try {
    for (int i = 0; i < 1000; ++i) cluster.transport.poll(done);
  } catch (const TransportError& error) {
    const std::string message = error.what();
    expect_equal(message.find("10 bytes that were posted") != std::string::npos, true,
                 "the message says what was posted, not: " + message);
    return;
  }
  throw InternalError("check failed: a frame larger than its receive was accepted");
}

// What `work` throws as Kind; fails when it throws nothing.
template <class Kind, class Work>
std::string message_thrown(Work&& work) {
  try {
    work();
  } catch (const Kind& error) {
    expect_equal(is_agreed(error), true, "an agreed error is marked");
    return error.what();
  }
  throw InternalError("check failed: nothing was thrown");
}

inline void check_agreement(Communicator& control) {
  const u32 last = control.size() - 1;
  const bool is_last = control.rank().value == last;
  expect_equal(agree(control, [] { return std::string("yes"); }), "yes", "agree gives the result");
  expect_equal(message_thrown<ConfigError>([&] {
                 agree(control, []() -> std::string { throw ConfigError("job.yaml:1: no"); });
               }),
               "job.yaml:1: no", "agree gives the root's error");
  expect_equal(message_thrown<InternalError>(
                   [&] { agree(control, []() -> std::string { throw InternalError("bug"); }); }),
               "internal error: bug", "an internal error keeps its message");
  agree_all(control, [] {});
  const std::string message = message_thrown<DataError>([&] {
    agree_all(control, [&] {
      if (is_last) throw DataError("a.jsonl: torn");
    });
  });
  expect_equal(message.ends_with("a.jsonl: torn"), true,
               "agree_all gives the failing rank's error");
  expect_equal(message.starts_with("rank " + std::to_string(last) + " on "), last > 0,
               "agree_all names the rank, unless there is one only");
  expect_equal(message_thrown<ResourceError>([&] {
                 agree_all(control, [] { throw std::bad_alloc(); });
               }).find("out of memory") != std::string::npos,
               true, "bad_alloc travels as ResourceError");
  expect_equal(message_thrown<Stopped>([&] { fail_together(Stopped("by signal")); }), "by signal",
               "fail_together marks");
}

}  // namespace shardmill::checks
