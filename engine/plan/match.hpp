// Why a step names a document when the witness is no document: an item of a benchmark.
#pragma once

#include <string>
#include <string_view>

#include "engine/batch/wire.hpp"

namespace shardmill {

struct Match {
  enum class Fate : u8 {
    drops,     // the step drops the document, for this among others
    changes,   // bytes [begin, end) are not published
    evidence,  // neither
  };
  Fate fate = Fate::evidence;
  std::string_view witness;  // BENCHMARK/ITEM_ID
  std::string_view detector;
  std::string_view reason;
  u64 begin = 0;  // bytes of the text as the step sees it
  u64 end = 0;
  u64 score_num = 0;
  u64 score_den = 0;
};

inline void append_match(const Match& match, std::string& out) {
  WireWriter writer(out);
  writer.number(static_cast<u64>(match.fate));
  for (const std::string_view text : {match.witness, match.detector, match.reason}) {
    writer.text(text);
  }
  for (const u64 number : {match.begin, match.end, match.score_num, match.score_den}) {
    writer.number(number);
  }
}

// Views live as long as the bytes.
[[nodiscard]] inline Match read_match(std::string_view bytes) {
  WireReader in(bytes, "a match");
  Match match;
  match.fate = static_cast<Match::Fate>(in.number());
  match.witness = in.text();
  match.detector = in.text();
  match.reason = in.text();
  match.begin = in.number();
  match.end = in.number();
  match.score_num = in.number();
  match.score_den = in.number();
  return match;
}

}  // namespace shardmill
