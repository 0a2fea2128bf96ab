#include "operators/write/sample_packer.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace shardmill {
namespace {

constexpr u64 kWindowSamples = 512;
constexpr u64 kWindowPositions = u64{1} << 22;
// What a piece counts at least, so that a window of nothing but short documents has a bound too.
constexpr u32 kLeastPositions = 32;
// What a document takes beside its ids: its strings, and its place in the containers.
constexpr u64 kDocumentBytes = 512;

u64 window_positions(const SampleFormat& format) {
  return std::min(kWindowSamples * format.length, kWindowPositions);
}

}  // namespace

u64 SamplePacker::window_bytes(const SampleFormat& format) {
  if (format.packing != Packing::best_fit) return 0;
  const u64 positions = window_positions(format);
  return positions * sizeof(i32) + positions / kLeastPositions * kDocumentBytes;
}

SamplePacker::SamplePacker(const SampleFormat& format,
                           std::function<void(const SamplePiece&)> place)
    : format_(format), place_(std::move(place)) {}

void SamplePacker::add(u64 tokens) {
  const u64 document = documents_++;
  if (format_.packing == Packing::concat) {
    if (document > 0) place_stream(waiting_);
    waiting_ = tokens;
    return;
  }
  u64 first = 0;
  do {
    const Piece piece = {document, first,
                         static_cast<u32>(std::min<u64>(format_.length, tokens - 1 - first))};
    if (format_.packing == Packing::greedy) {
      place_greedily(piece);
    } else {
      window_.push_back(piece);
      window_positions_ += std::max(piece.positions, kLeastPositions);
    }
    first += format_.length;
  } while (first < tokens - 1);
  if (format_.packing == Packing::greedy) {
    placed_ = documents_;
  } else if (window_positions_ >= window_positions(format_)) {
    place_window();
  }
}

void SamplePacker::finish() {
  if (format_.packing == Packing::concat) {
    if (documents_ > 0) place_stream(waiting_ - 1);
    samples_ = (at_ + format_.length - 1) / format_.length;
  } else if (!window_.empty()) {
    place_window();
  }
}

void SamplePacker::place_stream(u64 positions) {
  u64 first = 0;
  do {
    const u64 offset = at_ % format_.length;
    const u64 n = std::min(positions - first, format_.length - offset);
    place_({at_ / format_.length, static_cast<u32>(offset), placed_, first, static_cast<u32>(n)});
    at_ += n;
    first += n;
  } while (first < positions);
  ++placed_;
}

void SamplePacker::place_greedily(const Piece& piece) {
  if (piece.positions > left_) {
    ++samples_;
    left_ = format_.length;
  }
  const bool any = samples_ > 0;
  place_({any ? samples_ - 1 : 0, any ? format_.length - left_ : 0, piece.document, piece.token,
          piece.positions});
  left_ -= piece.positions;
}

void SamplePacker::place_window() {
  std::vector<u32> order;
  for (u32 i = 0; i < window_.size(); ++i) {
    const Piece& piece = window_[i];
    if (piece.positions > 0) {
      order.push_back(i);
    } else {
      place_({samples_, 0, piece.document, piece.token, 0});
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](u32 a, u32 b) { return window_[a].positions > window_[b].positions; });
  std::vector<std::vector<u32>> bins;
  std::set<std::pair<u32, u32>> room;  // of each bin, with its number
  for (const u32 i : order) {
    const u32 n = window_[i].positions;
    auto found = room.lower_bound({n, 0});
    std::pair<u32, u32> bin = {format_.length, static_cast<u32>(bins.size())};
    if (found == room.end()) {
      bins.emplace_back();
    } else {
      bin = *found;
      room.erase(found);
    }
    bins[bin.second].push_back(i);
    if (bin.first > n) room.insert({bin.first - n, bin.second});
  }
  // As documents stand in the shard, which is shuffled: not by length.
  for (std::vector<u32>& bin : bins) std::sort(bin.begin(), bin.end());
  std::sort(bins.begin(), bins.end());
  for (const std::vector<u32>& bin : bins) {
    u32 offset = 0;
    for (const u32 i : bin) {
      const Piece& piece = window_[i];
      place_({samples_, offset, piece.document, piece.token, piece.positions});
      offset += piece.positions;
    }
    ++samples_;
  }
  window_.clear();
  window_positions_ = 0;
  placed_ = documents_;
}

}  // namespace shardmill
