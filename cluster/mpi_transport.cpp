#include "cluster/mpi_transport.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

namespace shardmill {
namespace {

struct Operation {
  Transport::Ticket ticket;
  bool is_receive;
  u32 peer;
  u32 channel;
  std::size_t bytes;  // of the buffer
};

u64 stream_of(u32 peer, u32 channel) { return u64{peer} << 32 | channel; }

std::string described(const Operation& operation) {
  return std::string(operation.is_receive ? "receiving from" : "sending to") + " rank " +
         std::to_string(operation.peer) + " on channel " + std::to_string(operation.channel);
}

void check_operation(int code, const Operation& operation) {
  if (code == MPI_ERR_TRUNCATE) {
    throw TransportError(described(operation) + ": a frame is larger than the " +
                         std::to_string(operation.bytes) + " bytes that were posted for it");
  }
  check_mpi(code, described(operation).c_str());
}

}  // namespace

struct MpiTransport::Requests {
  struct Posted {
    Ticket ticket;
    bool finished;
    std::size_t bytes;
  };

  MPI_Comm comm = MPI_COMM_NULL;
  u32 highest_channel = 0;
  Ticket next_ticket = 1;
  // Side by side, dense, in no order: what MPI_Testsome wants, and what each request is.
  std::vector<MPI_Request> requests;
  std::vector<Operation> operations;
  std::size_t next_tested = 0;
  std::array<int, kTested> indices{};
  std::array<MPI_Status, kTested> statuses{};
  // Receives in the order posted; the front is the next that poll() may return.
  std::unordered_map<u64, std::deque<Posted>> streams;

  int tag(u32 channel) const {
    if (channel > highest_channel) {
      throw InternalError("channel " + std::to_string(channel) + " is above MPI's highest tag " +
                          std::to_string(highest_channel));
    }
    return narrow<int>(channel);
  }

  Ticket add(MPI_Request request, Operation operation) {
    requests.push_back(request);
    operations.push_back(operation);
    return operation.ticket;
  }

  void remove(std::size_t at) {
    requests[at] = requests.back();
    operations[at] = operations.back();
    requests.pop_back();
    operations.pop_back();
  }

  // Everything at the front of the stream that is finished is due.
  void release(u64 stream, std::vector<Done>& done) {
    const auto found = streams.find(stream);
    auto& posted = found->second;
    while (!posted.empty() && posted.front().finished) {
      done.push_back({posted.front().ticket, posted.front().bytes});
      posted.pop_front();
    }
    if (posted.empty()) streams.erase(found);
  }

  void finish(const Operation& operation, const MPI_Status& status, std::vector<Done>& done) {
    if (!operation.is_receive) {
      done.push_back({operation.ticket, operation.bytes});
      return;
    }
    int count = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    const u64 stream = stream_of(operation.peer, operation.channel);
    for (Posted& posted : streams.at(stream)) {
      if (posted.ticket != operation.ticket) continue;
      posted.finished = true;
      posted.bytes = narrow<std::size_t>(count);
      break;
    }
    release(stream, done);
  }
};

MpiTransport::MpiTransport() : requests_(std::make_unique<Requests>()) {
  requests_->comm = MPI_Comm_f2c(world_.handle());
  int* highest = nullptr;
  int found = 0;
  check_mpi(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &highest, &found), "MPI_Comm_get_attr");
  requests_->highest_channel = found != 0 ? narrow<u32>(*highest) : 32767;  // what MPI promises
}

// Only a failed run leaves something here. Nothing may be thrown and nothing waited for.
MpiTransport::~MpiTransport() {
  for (std::size_t i = 0; i < requests_->requests.size(); ++i) {
    if (requests_->requests[i] == MPI_REQUEST_NULL) continue;  // MPI reported it as failed
    if (requests_->operations[i].is_receive) MPI_Cancel(&requests_->requests[i]);
    MPI_Request_free(&requests_->requests[i]);
  }
}

Transport::Ticket MpiTransport::post_receive(Rank from, u32 channel, std::span<std::byte> into) {
  Requests& state = *requests_;
  const Operation operation{state.next_ticket++, true, from.value, channel, into.size()};
  MPI_Request request = MPI_REQUEST_NULL;
  check_operation(MPI_Irecv(into.data(), narrow<int>(into.size()), MPI_BYTE,
                            narrow<int>(from.value), state.tag(channel), state.comm, &request),
                  operation);
  state.streams[stream_of(from.value, channel)].push_back({operation.ticket, false, 0});
  return state.add(request, operation);
}

Transport::Ticket MpiTransport::send(Rank to, u32 channel, std::span<const std::byte> frame) {
  if (frame.size() > kFrameBytes) {
    throw InternalError("a frame of " + std::to_string(frame.size()) + " bytes, more than " +
                        std::to_string(kFrameBytes));
  }
  Requests& state = *requests_;
  const Operation operation{state.next_ticket++, false, to.value, channel, frame.size()};
  MPI_Request request = MPI_REQUEST_NULL;
  check_operation(MPI_Isend(frame.data(), narrow<int>(frame.size()), MPI_BYTE,
                            narrow<int>(to.value), state.tag(channel), state.comm, &request),
                  operation);
  return state.add(request, operation);
}

void MpiTransport::poll(std::vector<Done>& done) {
  Requests& state = *requests_;
  if (state.requests.empty()) return;
  if (state.next_tested >= state.requests.size()) state.next_tested = 0;
  const std::size_t first = state.next_tested;
  const std::size_t tested = std::min(kTested, state.requests.size() - first);
  state.next_tested = first + tested;
  int finished = 0;
  const int code = MPI_Testsome(narrow<int>(tested), state.requests.data() + first, &finished,
                                state.indices.data(), state.statuses.data());
  if (code != MPI_ERR_IN_STATUS) check_mpi(code, "MPI_Testsome");
  if (finished == MPI_UNDEFINED) return;
  const std::size_t count = narrow<std::size_t>(finished);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& operation = state.operations[first + narrow<std::size_t>(state.indices[i])];
    if (code == MPI_ERR_IN_STATUS) check_operation(state.statuses[i].MPI_ERROR, operation);
    state.finish(operation, state.statuses[i], done);
  }
  // From the back, so that the last request never moves into a place still to be emptied.
  std::sort(state.indices.begin(), state.indices.begin() + finished, std::greater<>());
  for (std::size_t i = 0; i < count; ++i) {
    state.remove(first + narrow<std::size_t>(state.indices[i]));
  }
}

void MpiTransport::cancel(Ticket receive) {
  Requests& state = *requests_;
  const auto found = std::find_if(state.operations.begin(), state.operations.end(),
                                  [&](const Operation& o) { return o.ticket == receive; });
  if (found == state.operations.end() || !found->is_receive) {
    throw InternalError("cancel: ticket " + std::to_string(receive) + " is no open receive");
  }
  const Operation operation = *found;
  const auto at = narrow<std::size_t>(found - state.operations.begin());
  MPI_Status status;
  check_mpi(MPI_Cancel(&state.requests[at]), "MPI_Cancel");
  check_operation(MPI_Wait(&state.requests[at], &status), operation);
  int cancelled = 0;
  check_mpi(MPI_Test_cancelled(&status, &cancelled), "MPI_Test_cancelled");
  state.remove(at);
  const auto stream = state.streams.find(stream_of(operation.peer, operation.channel));
  std::erase_if(stream->second, [&](const auto& posted) { return posted.ticket == receive; });
  if (stream->second.empty()) state.streams.erase(stream);
  if (cancelled == 0) {
    throw TransportError(described(operation) + ": a frame arrived at a receive taken back");
  }
}

}  // namespace shardmill
