// What the report shows beyond the counts: distributions over the documents of a run.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A document in one of the largest groups, as an example.
struct GroupMember {
  u64 key = 0;  // DocKey
  bool kept = false;
  std::string source;
  std::string id;       // both empty until fill_excerpts()
  std::string excerpt;  // the first characters of the text
  bool operator==(const GroupMember&) const = default;
};

// A group of two or more documents that belong together.
struct DuplicateGroup {
  static constexpr std::size_t kMembers = 3;

  u64 root = 0;  // DocKey of its first document
  u64 size = 0;
  u64 kept = 0;
  std::vector<GroupMember> members;  // at most kMembers, by key

  // Counts a document; in order of keys. The first ones become examples, and so do the first that
  // is kept and the first that is not, where there are such.
  void add(u64 key, const std::string& source, bool is_kept);
  bool operator==(const DuplicateGroup&) const = default;
};

// Of one rank, then merged over all: the result does not depend on how documents were dealt out.
struct Statistics {
  static constexpr std::size_t kGroups = 3;
  static constexpr std::size_t kExcerptCharacters = 200;

  std::vector<u64> length_log2;      // [b]: kept documents of [2^b, 2^(b+1)) bytes; [0]: also 0
  std::map<std::string, u64> bytes;  // "kept" or the label of the dropping step -> bytes
  std::map<u64, u64> cluster_sizes_log2;  // b -> groups of [2^b, 2^(b+1)) documents
  // [p]: near-duplicates whose similarity to their witness is p per cent, rounded down.
  std::array<u64, 101> similarity_percent{};
  std::vector<DuplicateGroup> groups;  // the kGroups largest, by size descending, then root

  void add_kept(u64 document_bytes);
  void add_dropped(const std::string& step, u64 document_bytes);
  // InternalError unless 0 <= num <= den and den > 0.
  void add_score(u64 num, u64 den);
  // Counts its size and keeps it when it is among the largest.
  void add_cluster(DuplicateGroup group);
  void merge(const Statistics& other);

  // Documents whose witness is at least this similar. A run with that threshold may drop more or
  // fewer: others are kept, and others are witnesses.
  [[nodiscard]] u64 similar_at_least(u32 percent) const;
  bool operator==(const Statistics&) const = default;
};

// Bytes for other ranks, and back (DataError when they end too early).
[[nodiscard]] std::string serialise(const Statistics& statistics);
[[nodiscard]] Statistics deserialise_statistics(std::string_view bytes);

// floor(log2(n)); 0 for 0.
[[nodiscard]] u64 log2_bucket(u64 n);

// The first characters (code points) of a UTF-8 text, runs of white space as one space.
[[nodiscard]] std::string excerpt_of(std::string_view text,
                                     std::size_t characters = Statistics::kExcerptCharacters);

}  // namespace shardmill
