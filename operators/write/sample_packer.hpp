// Which tokens of which document stand at which position of which sample.
//
// Position i of a document has its token i as input and token i + 1 as label, so a document of n
// tokens (its end token included) has n - 1 positions. One that is longer than a sample goes on in
// the next piece, whose first input was the last label: no token is lost and none is predicted
// twice.
//
//   concat    one stream, cut every `length` positions; here the label of an end token is the next
//             document's first token, and a document has n positions, but the last
//   greedy    a piece that does not fit into what is left of a sample begins the next one
//   best_fit  within a window of documents the longest pieces first, each into the sample where it
//             leaves the least room: best-fit decreasing, as in Ding et al. 2024, "Fewer
//             Truncations Improve Language Modeling", https://arxiv.org/abs/2404.10830
//
// Needs lengths alone, so that how many samples there are is known before the first is written.
#pragma once

#include <functional>
#include <vector>

#include "engine/plan/token_format.hpp"

namespace shardmill {

struct SamplePiece {
  u64 sample = 0;
  u32 offset = 0;     // its first position in the sample
  u64 document = 0;   // as they were added
  u64 token = 0;      // its first input in the document
  u32 positions = 0;  // 0 for a document that is its end token only
};

// One thread. Memory: 24 bytes for each piece of a window.
class SamplePacker {
 public:
  // `place` gets pieces in order of sample and offset, during add() and finish().
  SamplePacker(const SampleFormat& format, std::function<void(const SamplePiece&)> place);
  // What the documents of a window take at most where they wait, beside one document.
  [[nodiscard]] static u64 window_bytes(const SampleFormat& format);
  // The next document: its tokens (at least 1), the end token among them.
  void add(u64 tokens);
  void finish();
  // After finish().
  [[nodiscard]] u64 samples() const { return samples_; }
  // Documents from this number on are still to be placed.
  [[nodiscard]] u64 placed() const { return placed_; }

 private:
  struct Piece {
    u64 document;
    u64 token;
    u32 positions;
  };
  void place_stream(u64 positions);
  void place_greedily(const Piece& piece);
  void place_window();

  SampleFormat format_;
  std::function<void(const SamplePiece&)> place_;
  u64 documents_ = 0;
  u64 placed_ = 0;
  u64 samples_ = 0;
  u64 at_ = 0;    // position in the stream
  u32 left_ = 0;  // of the sample at hand
  u64 waiting_ =
      0;  // tokens of the last document, whose positions depend on whether another follows
  std::vector<Piece> window_;
  u64 window_positions_ = 0;
};

}  // namespace shardmill
