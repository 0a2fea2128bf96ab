// The exchange with types: put records for any rank, finish, and hold what was put for this one.
#pragma once

#include "engine/exchange/exchange.hpp"
#include "engine/records/records.hpp"
#include "engine/records/rows.hpp"

namespace shardmill {

// Records of one fixed size. What arrives lives in the lease and spills beyond it.
template <class T, class Less = std::less<T>>
class Shuffle final : private RowSink {
 public:
  Shuffle(Cluster& cluster, std::string name, Lease lease, Less less = {})
      : arrived_(cluster, name, std::move(lease), std::move(less)),
        exchange_(cluster, std::move(name), sizeof(T), *this) {}

  void put(Rank to, const T& record) {
    exchange_.put(to, std::as_bytes(std::span<const T, 1>(&record, 1)));
  }
  // Collective; see Exchange::finish. The records of this rank, in no particular order.
  [[nodiscard]] Records<T, Less> finish() {
    exchange_.finish();
    return std::move(arrived_);
  }
  [[nodiscard]] const Traffic& traffic() const { return exchange_.traffic(); }

 private:
  void accept(std::span<const std::byte> rows) override { arrived_.push_bytes(rows); }

  Records<T, Less> arrived_;
  Exchange exchange_;
};

// Rows of any length with a key.
class RowShuffle final : private RowSink {
 public:
  RowShuffle(Cluster& cluster, std::string name, Lease lease)
      : arrived_(cluster, name, std::move(lease)), exchange_(cluster, std::move(name), 0, *this) {}

  // Key and payload together stay below 4 GiB.
  void put(Rank to, std::string_view key, std::string_view payload) {
    const u32 key_bytes = narrow<u32>(key.size());
    exchange_.put(to, {std::as_bytes(std::span(&key_bytes, 1)), std::as_bytes(std::span(key)),
                       std::as_bytes(std::span(payload))});
  }
  // Collective; see Exchange::finish. The rows of this rank, in no particular order.
  [[nodiscard]] Rows finish() {
    exchange_.finish();
    return std::move(arrived_);
  }
  [[nodiscard]] const Traffic& traffic() const { return exchange_.traffic(); }

 private:
  void accept(std::span<const std::byte> rows) override { arrived_.push_encoded(rows); }

  Rows arrived_;
  Exchange exchange_;
};

}  // namespace shardmill
