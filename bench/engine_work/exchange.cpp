#include "engine/exchange/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "bench/engine_work/work.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill::bench {
namespace {

constexpr std::size_t kRingBytes = std::size_t{64} << 20;  // beyond the caches

// Rows that are put again and again; the first eight bytes are a random key.
std::vector<std::byte> make_rows(u64 row_bytes, u64 seed) {
  std::vector<std::byte> rows(kRingBytes / row_bytes * row_bytes);
  for (std::size_t at = 0; at < rows.size(); at += row_bytes) {
    const u64 key = mix64(++seed);
    std::memcpy(rows.data() + at, &key, sizeof key);
  }
  return rows;
}

u64 key_of(const std::byte* row) {
  u64 key = 0;
  std::memcpy(&key, row, sizeof key);
  return key;
}

// Where rows end up: copied to memory, as into records, over and over the same.
class Ring final : public RowSink {
 public:
  Ring() : memory_(kRingBytes) {}
  void accept(std::span<const std::byte> rows) override {
    if (memory_.size() - at_ < rows.size()) at_ = 0;
    std::memcpy(memory_.data() + at_, rows.data(), rows.size());
    at_ += rows.size();
    bytes += rows.size();
  }
  u64 bytes = 0;

 private:
  std::vector<std::byte> memory_;
  std::size_t at_ = 0;
};

// f(row) for so many bytes of rows.
template <class F>
void for_each_row(const std::vector<std::byte>& rows, u64 row_bytes, u64 bytes, F&& f) {
  std::size_t at = 0;
  for (u64 done = 0; done < bytes; done += row_bytes) {
    f(rows.data() + at);
    at += row_bytes;
    if (at == rows.size()) at = 0;
  }
}

// Rows into a frame for each rank, without sending any.
void partition(const std::vector<std::byte>& rows, u64 row_bytes, u64 bytes, u32 ranks) {
  struct Box {
    std::unique_ptr<std::byte[]> frame = std::make_unique<std::byte[]>(kFrameBytes);
    std::size_t filled = 0;
  };
  std::vector<Box> boxes(ranks);
  for_each_row(rows, row_bytes, bytes, [&](const std::byte* row) {
    Box& box = boxes[owner_of(mix64(key_of(row)), ranks).value];
    if (box.filled + row_bytes > kFrameBytes) box.filled = 0;
    std::memcpy(box.frame.get() + box.filled, row, row_bytes);
    box.filled += row_bytes;
  });
}

}  // namespace

Numbers pair(Cluster& cluster, const Wishes& wishes) {
  constexpr std::size_t kUnderWay = 4;
  const Rank peer{(cluster.rank().value + 1) % cluster.size()};
  const Rank from{(cluster.rank().value + cluster.size() - 1) % cluster.size()};
  const u64 frames = wishes.bytes / kFrameBytes;
  std::vector<std::vector<std::byte>> in(kUnderWay, std::vector<std::byte>(kFrameBytes));
  std::vector<std::vector<std::byte>> out = in;
  const double seconds = timed(cluster, [&] {
    u64 posted = 0, sent = 0, received = 0, left = 0;
    std::map<Transport::Ticket, bool> is_send;
    const auto post = [&] {
      is_send[cluster.transport.post_receive(from, 0, in[posted++ % kUnderWay])] = false;
    };
    const auto send = [&] {
      is_send[cluster.transport.send(peer, 0, out[sent++ % kUnderWay])] = true;
    };
    while (posted < std::min<u64>(kUnderWay, frames)) post();
    cluster.control.barrier();  // all receives are posted
    while (sent < std::min<u64>(kUnderWay, frames)) send();
    std::vector<Transport::Done> done;
    while (received < frames || left < frames) {
      done.clear();
      cluster.transport.poll(done);
      for (const Transport::Done& one : done) {
        const bool was_send = is_send.extract(one.ticket).mapped();
        ++(was_send ? left : received);
        if (was_send && sent < frames) send();
        if (!was_send && posted < frames) post();
      }
    }
  });
  return {{"seconds", seconds},
          {"bytes_per_second", static_cast<double>(frames * kFrameBytes) / seconds}};
}

Numbers exchange(Cluster& cluster, const Wishes& wishes) {
  const u32 ranks = cluster.size();
  const std::vector<std::byte> rows = make_rows(wishes.row_bytes, u64{cluster.rank().value} << 40);
  Ring ring;
  u64 sent = 0;
  double waiting = 0;
  const double whole = timed(cluster, [&] {
    Exchange exchange(cluster, "bench", wishes.row_bytes, ring);
    for_each_row(rows, wishes.row_bytes, wishes.bytes, [&](const std::byte* row) {
      exchange.put(owner_of(mix64(key_of(row)), ranks), {row, wishes.row_bytes});
    });
    exchange.finish();
    waiting = exchange.traffic().seconds_waiting;
    for (u32 r = 0; r < ranks; ++r) {
      if (r != cluster.rank().value) sent += exchange.traffic().to[r].bytes;
    }
  });
  const double partitioning =
      timed(cluster, [&] { partition(rows, wishes.row_bytes, wishes.bytes, ranks); });
  const double copying = timed(cluster, [&] {
    for (u64 done = 0; done < wishes.bytes; done += kFrameBytes) {
      ring.accept(std::span(rows).subspan(done % (kRingBytes / 2), kFrameBytes));
    }
  });
  u64 sum = 0;
  const double checking = timed(cluster, [&] {  // what is sent, and as much that arrives
    for (u64 done = 0; done < 2 * sent; done += kFrameBytes) {
      const auto* frame = reinterpret_cast<const char*>(rows.data()) + done % (kRingBytes / 2);
      sum += hash64({frame, kFrameBytes});
    }
  });
  Wishes raw = wishes;
  raw.bytes = cluster.control.all_max(sent);  // as many frames on every rank
  const double network = ranks > 1 ? pair(cluster, raw)["seconds"] : 0;
  return {{"seconds", whole},
          {"partition_seconds", partitioning},
          {"copy_seconds", copying},
          {"checksum_seconds", checking},
          {"network_seconds", network},
          {"bytes", static_cast<double>(wishes.bytes)},
          {"waiting_seconds", waiting},
          {"bytes_sent", static_cast<double>(sent)},
          {"checksum", static_cast<double>(sum % 1000)}};
}

}  // namespace shardmill::bench
