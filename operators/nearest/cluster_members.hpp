// The vectors of one cluster on one rank, in order of priority, at any place.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "operators/dedup/scratch_array.hpp"

namespace shardmill {

// Some members in memory: the vectors back to back, and beside them whose they are.
struct MemberBlock {
  struct Member {
    u64 position = 0;  // in the cluster, the best first
    u64 node = 0;      // Ranking's
    u64 key = 0;       // DocKey
  };
  std::vector<Member> members;
  std::vector<float> vectors;

  void clear() {
    members.clear();
    vectors.clear();
  }
  void drop_last() {
    vectors.resize(vectors.size() / members.size() * (members.size() - 1));
    members.pop_back();
  }
};

class ClusterMembers {
 public:
  // In memory up to `limit` bytes, beyond that on scratch.
  ClusterMembers(ScratchSpace& space, std::size_t dimensions, u64 limit)
      : dimensions_(dimensions),
        stride_(2 + (dimensions + 1) / 2),
        values_(space, "vectors.members", limit) {}

  void clear() { values_.clear(); }
  // The vector as bytes of float32.
  void add(u64 node, u64 key, std::string_view vector);
  [[nodiscard]] u64 size() const { return values_.size() / stride_; }
  // Appends the member.
  void read(u64 position, MemberBlock& block);

 private:
  std::size_t dimensions_;
  std::size_t stride_;  // values of a member: node, key, its vector
  ScratchArray values_;
  std::vector<u64> one_;
};

}  // namespace shardmill
