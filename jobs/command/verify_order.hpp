// The order of a shard's rows, and that each is where its place in the shuffle belongs.
#pragma once

#include <string>
#include <string_view>

#include "engine/batch/doc_key.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/verify_findings.hpp"

namespace shardmill {

// Rows come by (place, id, key, copy), and each where its place belongs.
class OrderCheck {
 public:
  OrderCheck(const std::string& path, const Placement& placement, VerifyFindings& findings)
      : path_(path), name_(ShardName::parse(path)), placement_(placement), findings_(findings) {}

  // Where in the shard does not matter. Returns its place.
  u64 somewhere(u64 number, std::string_view id, u64 copy = 0);
  void row(u64 number, std::string_view id, DocKey key, u64 copy = 0);

 private:
  const std::string& path_;
  ShardName name_;
  const Placement& placement_;
  VerifyFindings& findings_;
  u64 place_ = 0;
  std::string id_;
  DocKey key_;
  u64 copy_ = 0;
};

// DataError for a text that is no key.
[[nodiscard]] DocKey needed_key(std::string_view text, const std::string& path, u64 row);

}  // namespace shardmill
