#include "jobs/run/remembered_pairs.hpp"

#include <set>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"
#include "jobs/run/record_chunks.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPairs = "pairs/";
constexpr const char* kDocuments = "documents/";

}  // namespace

RememberedPairs::RememberedPairs(fs::path folder, const Documents& documents)
    : folder_(std::move(folder)), documents_(documents) {}

fs::path RememberedPairs::part(u64 serial, u64 number) const {
  return folder_ / ("part-" + std::to_string(serial) + "-" + std::to_string(number));
}

// Keys of another dataset's documents depend on where its shard stands among all of them.
std::string RememberedPairs::name_of(std::size_t fragment) const {
  const u64 ordinal = documents_.fragments()[fragment].pieces.front().ordinal;
  return documents_.files()[fragment].filename().string() + "@" + std::to_string(ordinal);
}

RememberedPairs::Done RememberedPairs::read_done(Cluster& cluster) const {
  const std::string text = agree(cluster.control, [&] {
    return fs::exists(folder_ / "done") ? read_whole_file(folder_ / "done") : std::string();
  });
  Done done;
  if (text.empty()) return done;
  try {
    WireReader in(text, "fragments of remembered pairs");
    done.serial = in.number();
    done.parts = in.number();
    done.by = in.text();
    while (!in.done()) done.fragments.emplace_back(in.text());
  } catch (const std::exception&) {
    return {};
  }
  return done;
}

Recalled RememberedPairs::recall(
    Cluster& cluster, const std::function<void(const ComparedPair&)>& on_pair,
    const std::function<void(const KnownDocument&, bool)>& on_document) {
  const Done done = read_done(cluster);
  const std::set<std::string> names(done.fragments.begin(), done.fragments.end());
  std::vector<bool> same;
  for (std::size_t i = 0; i < documents_.fragments().size(); ++i) {
    same.push_back(names.contains(name_of(i)));
  }
  const auto still = [&](u64 key) {
    const auto fragment = documents_.fragment_of(DocKey{key});
    return fragment && same[*fragment];
  };
  Recalled recalled{done.serial > 0, done.by};
  for (u64 number = cluster.rank().value; number < done.parts; number += cluster.size()) {
    try {
      const SegmentReader segment(part(done.serial, number));
      for_each_record<ComparedPair>(segment, kPairs, [&](const ComparedPair& pair) {
        if (still(pair.better_key) && still(pair.worse_key)) on_pair(pair);
      });
      for_each_record<KnownDocument>(segment, kDocuments, [&](const KnownDocument& document) {
        on_document(document, still(document.key));
      });
    } catch (const DataError&) {
      recalled.whole = false;
    }
  }
  return recalled;
}

void RememberedPairs::remember(Cluster& cluster, const std::string& by,
                               const Records<ComparedPair>& pairs,
                               const Records<KnownDocument>& documents) {
  const u64 serial = read_done(cluster).serial + 1;
  agree_all(cluster.control, [&] {
    fs::create_directories(folder_);
    SegmentWriter segment(part(serial, cluster.rank().value));
    write_records(segment, kPairs, pairs);
    write_records(segment, kDocuments, documents);
    segment.commit();
  });
  agree(cluster.control, [&] {
    std::string text;
    WireWriter out(text);
    out.number(serial);
    out.number(cluster.size());
    out.text(by);
    for (std::size_t i = 0; i < documents_.fragments().size(); ++i) out.text(name_of(i));
    write_file_atomically(folder_ / "done", text);
    const std::string now = "part-" + std::to_string(serial) + "-";
    std::vector<fs::path> old;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (name != "done" && !name.starts_with(now)) old.push_back(entry.path());
    }
    for (const fs::path& path : old) fs::remove(path);
    return std::string();
  });
}

std::vector<fs::path> pairs_folders(const Pipeline& pipeline, const fs::path& store) {
  std::vector<fs::path> folders;
  for (const Step& step : pipeline.steps) {
    folders.emplace_back();
    if (!step.global || !step.global->compares_pairs()) continue;
    Hasher128 hash;
    hash.add_field(step.label).add_field(step.sketch_fingerprint);
    folders.back() = store / "pairs" / hash.digest().hex();
  }
  return folders;
}

}  // namespace shardmill
