#include "operators/nearest/cluster_members.hpp"

#include <cstring>

namespace shardmill {

void ClusterMembers::add(u64 node, u64 key, std::string_view vector) {
  one_.assign(stride_, 0);
  one_[0] = node;
  one_[1] = key;
  std::memcpy(one_.data() + 2, vector.data(), vector.size());
  values_.append(one_);
}

void ClusterMembers::read(u64 position, MemberBlock& block) {
  const std::span<const u64> values = values_.read(position * stride_, stride_);
  block.members.push_back({position, values[0], values[1]});
  const std::size_t before = block.vectors.size();
  block.vectors.resize(before + dimensions_);
  std::memcpy(block.vectors.data() + before, values.data() + 2, dimensions_ * sizeof(float));
}

}  // namespace shardmill
