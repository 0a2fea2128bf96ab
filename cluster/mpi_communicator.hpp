// Communicator over MPI.
#pragma once

#include "cluster/communicator.hpp"
#include "cluster/mpi_check.hpp"

namespace shardmill {

class Watchdog;  // cluster/watchdog.hpp

// Uses non-blocking collectives and sleeps between polls, so that a rank that waits for a slow one
// leaves the core to it. Used by the thread that initialised MPI only. Making one is collective.
//
// While it waits, the watchdog is told what for but not that there is progress: a collective that
// some rank never reaches must be found. A finished collective is progress.
class MpiCommunicator final : public Communicator {
 public:
  // MPI counts are int: longer payloads go in pieces. Any size below 2^31 is right; 1 GiB keeps the
  // number of pieces small.
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 30;

  explicit MpiCommunicator(Watchdog* watchdog = nullptr, std::size_t piece_bytes = kPieceBytes);

  [[nodiscard]] Rank rank() const override { return world_.rank(); }
  [[nodiscard]] u32 size() const override { return world_.size(); }
  void barrier() override;
  std::vector<std::string> all_gather(const std::string& mine) override;
  std::string broadcast(const std::string& from_root) override;
  std::vector<u64> all_sum(const std::vector<u64>& mine) override;
  std::vector<u64> all_max(const std::vector<u64>& mine) override;
  using Communicator::all_max;
  using Communicator::all_sum;

 private:
  void broadcast_bytes(char* bytes, std::size_t count, u32 root, const char* what);
  std::vector<u64> gather_lengths(u64 mine);

  WorldCopy world_;
  Watchdog* watchdog_;
  std::size_t piece_bytes_;
};

}  // namespace shardmill
