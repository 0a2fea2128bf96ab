#include "jobs/report/excerpts.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

// The examples, by key: a document is in one group only.
std::map<u64, GroupMember*> examples(Statistics& statistics) {
  std::map<u64, GroupMember*> by_key;
  for (DuplicateGroup& group : statistics.groups) {
    for (GroupMember& member : group.members) by_key[member.key] = &member;
  }
  return by_key;
}

// Those of this rank, as bytes: key, id, excerpt.
std::string read_examples(const Documents& documents, const std::map<u64, GroupMember*>& wanted) {
  std::string found;
  if (wanted.empty()) return found;
  WireWriter out(found);
  TextColumn ids;
  BlockTexts texts;
  documents.for_each_block([&](const Documents::Block& block) {
    if (block.entries.empty()) return;
    const auto first = wanted.lower_bound(block.entries.front().key.value);
    const auto end = wanted.upper_bound(block.entries.back().key.value);
    if (first == end) return;
    block.fragment.ids(block.number, ids);
    block.fragment.texts(block.number, texts);
    for (auto one = first; one != end; ++one) {
      const auto at =
          std::lower_bound(block.entries.begin(), block.entries.end(), one->first,
                           [](const DocEntry& entry, u64 key) { return entry.key.value < key; });
      if (at == block.entries.end() || at->key.value != one->first) continue;
      const auto row = static_cast<std::size_t>(at - block.entries.begin());
      out.number(one->first);
      out.text(ids[row]);
      out.text(excerpt_of(texts[row]));
    }
  });
  return found;
}

}  // namespace

void merge_statistics(Cluster& cluster, const Documents& documents, Statistics& mine) {
  Statistics all;
  for (const std::string& bytes : cluster.control.all_gather(serialise(mine))) {
    all.merge(deserialise_statistics(bytes));
  }
  mine = std::move(all);
  const std::map<u64, GroupMember*> wanted = examples(mine);
  std::string found;
  agree_all(cluster.control, [&] { found = read_examples(documents, wanted); });
  for (const std::string& bytes : cluster.control.all_gather(found)) {
    for (WireReader in(bytes, "examples of a rank"); !in.done();) {
      GroupMember& member = *wanted.at(in.number());
      member.id = in.text();
      member.excerpt = in.text();
    }
  }
}

}  // namespace shardmill
