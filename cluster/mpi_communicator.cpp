#include "cluster/mpi_communicator.hpp"

#include <mpi.h>

#include <algorithm>
#include <numeric>

#include "cluster/backoff.hpp"
#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

// Waits for one collective. The watchdog hears of it only once the wait is long enough to sleep.
void finish(MPI_Request& request, Watchdog* watchdog, const char* what) {
  Backoff backoff;
  std::string before;
  bool told = false;
  for (int done = 0;;) {
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), what);
    if (done != 0) break;
    if (watchdog != nullptr && !told && backoff.is_sleeping()) {
      told = true;
      before = watchdog->state();
      watchdog->waiting(before + " (waiting for the other ranks in " + what + ")");
    }
    backoff.miss();
  }
  if (watchdog == nullptr) return;
  watchdog->progress();  // first: a long wait must not count as time spent doing
  if (told) watchdog->doing(before);
}

std::vector<u64> all_reduce(const std::vector<u64>& mine, MPI_Op op, MPI_Comm comm,
                            std::size_t piece, Watchdog* watchdog, const char* what) {
  std::vector<u64> result(mine.size());
  const std::size_t step = std::max<std::size_t>(piece / sizeof(u64), 1);
  for (std::size_t at = 0; at < mine.size(); at += step) {
    const int count = narrow<int>(std::min(step, mine.size() - at));
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Iallreduce(mine.data() + at, result.data() + at, count, MPI_UINT64_T, op, comm,
                             &request),
              "MPI_Iallreduce");
    finish(request, watchdog, what);
  }
  return result;
}

}  // namespace

MpiCommunicator::MpiCommunicator(Watchdog* watchdog, std::size_t piece_bytes)
    : watchdog_(watchdog), piece_bytes_(piece_bytes) {}

void MpiCommunicator::barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibarrier(MPI_Comm_f2c(world_.handle()), &request), "MPI_Ibarrier");
  finish(request, watchdog_, "barrier");
}

void MpiCommunicator::broadcast_bytes(char* bytes, std::size_t count, u32 root, const char* what) {
  for (std::size_t at = 0; at < count; at += piece_bytes_) {
    const int piece = narrow<int>(std::min(piece_bytes_, count - at));
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Ibcast(bytes + at, piece, MPI_BYTE, narrow<int>(root),
                         MPI_Comm_f2c(world_.handle()), &request),
              "MPI_Ibcast");
    finish(request, watchdog_, what);
  }
}

std::string MpiCommunicator::broadcast(const std::string& from_root) {
  u64 length = is_root() ? from_root.size() : 0;
  broadcast_bytes(reinterpret_cast<char*>(&length), sizeof(length), 0, "broadcast");
  std::string bytes = is_root() ? from_root : std::string(length, '\0');
  broadcast_bytes(bytes.data(), length, 0, "broadcast");
  return bytes;
}

std::vector<u64> MpiCommunicator::gather_lengths(u64 mine) {
  std::vector<u64> lengths(size());
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallgather(&mine, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T,
                           MPI_Comm_f2c(world_.handle()), &request),
            "MPI_Iallgather");
  finish(request, watchdog_, "all_gather");
  return lengths;
}

std::vector<std::string> MpiCommunicator::all_gather(const std::string& mine) {
  const std::vector<u64> lengths = gather_lengths(mine.size());
  const u64 total = std::accumulate(lengths.begin(), lengths.end(), u64{0});
  std::vector<std::string> all(size());
  if (total > piece_bytes_) {
    // Displacements are int as well, so the long way round: every rank broadcasts its own.
    for (u32 root = 0; root < size(); ++root) {
      all[root] = root == rank().value ? mine : std::string(lengths[root], '\0');
      broadcast_bytes(all[root].data(), lengths[root], root, "all_gather");
    }
    return all;
  }
  std::vector<int> counts(size());
  std::vector<int> offsets(size());
  for (u32 i = 0, offset = 0; i < size(); ++i) {
    counts[i] = narrow<int>(lengths[i]);
    offsets[i] = narrow<int>(offset);
    offset += narrow<u32>(lengths[i]);
  }
  std::string bytes(total, '\0');
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(
      MPI_Iallgatherv(mine.data(), narrow<int>(mine.size()), MPI_BYTE, bytes.data(), counts.data(),
                      offsets.data(), MPI_BYTE, MPI_Comm_f2c(world_.handle()), &request),
      "MPI_Iallgatherv");
  finish(request, watchdog_, "all_gather");
  for (u32 i = 0; i < size(); ++i) {
    all[i] = bytes.substr(narrow<u32>(offsets[i]), narrow<u32>(counts[i]));
  }
  return all;
}

std::vector<u64> MpiCommunicator::all_sum(const std::vector<u64>& mine) {
  return all_reduce(mine, MPI_SUM, MPI_Comm_f2c(world_.handle()), piece_bytes_, watchdog_,
                    "all_sum");
}

std::vector<u64> MpiCommunicator::all_max(const std::vector<u64>& mine) {
  return all_reduce(mine, MPI_MAX, MPI_Comm_f2c(world_.handle()), piece_bytes_, watchdog_,
                    "all_max");
}

}  // namespace shardmill
