#include "jobs/report/statistics.hpp"

#include <algorithm>
#include <bit>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

void write_group(WireWriter& out, const DuplicateGroup& group) {
  out.number(group.root);
  out.number(group.size);
  out.number(group.kept);
  out.number(group.members.size());
  for (const GroupMember& member : group.members) {
    out.number(member.key);
    out.number(member.kept ? 1 : 0);
    out.text(member.source);
    out.text(member.id);
    out.text(member.excerpt);
  }
}

DuplicateGroup read_group(WireReader& in) {
  DuplicateGroup group;
  group.root = in.number();
  group.size = in.number();
  group.kept = in.number();
  for (u64 n = in.number(); n > 0; --n) {
    GroupMember member;
    member.key = in.number();
    member.kept = in.number() != 0;
    member.source = in.text();
    member.id = in.text();
    member.excerpt = in.text();
    group.members.push_back(std::move(member));
  }
  return group;
}

bool larger(const DuplicateGroup& a, const DuplicateGroup& b) {
  return a.size != b.size ? a.size > b.size : a.root < b.root;
}

}  // namespace

void DuplicateGroup::add(u64 key, const std::string& source, bool is_kept) {
  ++size;
  if (is_kept) ++kept;
  if (members.size() == kMembers) {
    const bool new_fate = std::none_of(members.begin(), members.end(),
                                       [&](const GroupMember& m) { return m.kept == is_kept; });
    if (!new_fate) return;
    members.pop_back();
  }
  members.push_back({.key = key, .kept = is_kept, .source = source, .id = {}, .excerpt = {}});
}

u64 log2_bucket(u64 n) { return n == 0 ? 0 : static_cast<u64>(std::bit_width(n)) - 1; }

void Statistics::add_kept(u64 document_bytes) {
  const u64 bucket = log2_bucket(document_bytes);
  if (length_log2.size() <= bucket) length_log2.resize(bucket + 1);
  ++length_log2[bucket];
  bytes["kept"] += document_bytes;
}

void Statistics::add_dropped(const std::string& step, u64 document_bytes) {
  bytes[step] += document_bytes;
}

void Statistics::add_score(u64 num, u64 den) {
  if (den == 0 || num > den) {
    throw InternalError("a similarity of " + std::to_string(num) + "/" + std::to_string(den));
  }
  ++similarity_percent[static_cast<std::size_t>(static_cast<u128>(num) * 100 / den)];
}

void Statistics::add_cluster(DuplicateGroup group) {
  ++cluster_sizes_log2[log2_bucket(group.size)];
  if (groups.size() == kGroups && !larger(group, groups.back())) return;
  groups.insert(std::upper_bound(groups.begin(), groups.end(), group, larger), std::move(group));
  if (groups.size() > kGroups) groups.pop_back();
}

void Statistics::merge(const Statistics& other) {
  length_log2.resize(std::max(length_log2.size(), other.length_log2.size()));
  for (std::size_t b = 0; b < other.length_log2.size(); ++b) length_log2[b] += other.length_log2[b];
  for (const auto& [fate, count] : other.bytes) bytes[fate] += count;
  for (const auto& [bucket, count] : other.cluster_sizes_log2) cluster_sizes_log2[bucket] += count;
  for (std::size_t p = 0; p < similarity_percent.size(); ++p) {
    similarity_percent[p] += other.similarity_percent[p];
  }
  groups.insert(groups.end(), other.groups.begin(), other.groups.end());
  std::sort(groups.begin(), groups.end(), larger);
  if (groups.size() > kGroups) groups.resize(kGroups);
}

u64 Statistics::similar_at_least(u32 percent) const {
  u64 documents = 0;
  for (std::size_t p = percent; p < similarity_percent.size(); ++p) {
    documents += similarity_percent[p];
  }
  return documents;
}

std::string serialise(const Statistics& statistics) {
  std::string bytes;
  WireWriter out(bytes);
  out.array(statistics.length_log2);
  out.number(statistics.bytes.size());
  for (const auto& [fate, count] : statistics.bytes) {
    out.text(fate);
    out.number(count);
  }
  out.number(statistics.cluster_sizes_log2.size());
  for (const auto& [bucket, count] : statistics.cluster_sizes_log2) {
    out.number(bucket);
    out.number(count);
  }
  for (const u64 count : statistics.similarity_percent) out.number(count);
  out.number(statistics.groups.size());
  for (const DuplicateGroup& group : statistics.groups) write_group(out, group);
  return bytes;
}

Statistics deserialise_statistics(std::string_view bytes) {
  WireReader in(bytes, "statistics of a rank");
  Statistics statistics;
  in.array(statistics.length_log2);
  for (u64 n = in.number(); n > 0; --n) {
    const std::string fate(in.text());
    statistics.bytes[fate] = in.number();
  }
  for (u64 n = in.number(); n > 0; --n) {
    const u64 bucket = in.number();
    statistics.cluster_sizes_log2[bucket] = in.number();
  }
  for (u64& count : statistics.similarity_percent) count = in.number();
  for (u64 n = in.number(); n > 0; --n) statistics.groups.push_back(read_group(in));
  return statistics;
}

std::string excerpt_of(std::string_view text, std::size_t characters) {
  std::string out;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at + 1;
    // The bytes of one code point stay together.
    while (end < text.size() && (static_cast<u8>(text[end]) & 0xC0) == 0x80) ++end;
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (blank) {
      space = !out.empty();
    } else {
      const std::size_t taken = space ? 2 : 1;
      if (characters < taken) return out + "…";
      characters -= taken;
      if (space) out += ' ';
      out.append(text.substr(at, end - at));
      space = false;
    }
    at = end;
  }
  return out;
}

}  // namespace shardmill
