#include "jobs/run/remembered_pairs.hpp"

#include <algorithm>
#include <set>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"
#include "engine/store/record_chunks.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPairs = "pairs";
constexpr const char* kState = "state";

// A small file in the folder, as rank 0 sees it; empty: there is none.
std::string read_record(Cluster& cluster, const fs::path& path) {
  return agree(cluster.control,
               [&] { return fs::exists(path) ? read_whole_file(path) : std::string(); });
}

// f(segment) for this rank's share of the parts; false: some of them cannot be read.
template <class PathOf, class F>
bool read_parts(const Cluster& cluster, u64 parts, PathOf&& path_of, F&& f) {
  bool whole = true;
  for (u64 number = cluster.rank().value; number < parts; number += cluster.size()) {
    try {
      f(SegmentReader(path_of(number)));
    } catch (const DataError&) {
      whole = false;
    }
  }
  return whole;
}

template <class Layer>
void read_layers(WireReader& in, std::vector<Layer>& layers) {
  for (u64 n = in.number(); n > 0; --n) {
    const u64 serial = in.number();
    layers.push_back({serial, in.number()});
  }
}

template <class Layer>
void write_layers(WireWriter& out, const std::vector<Layer>& layers) {
  out.number(layers.size());
  for (const Layer& layer : layers) {
    out.number(layer.serial);
    out.number(layer.parts);
  }
}

}  // namespace

RememberedPairs::RememberedPairs(fs::path folder, const Documents& documents, std::string step,
                                 std::function<void()> on_commit)
    : folder_(std::move(folder)),
      documents_(documents),
      step_(std::move(step)),
      on_commit_(std::move(on_commit)) {}

fs::path RememberedPairs::file(const char* kind, u64 serial, u64 number) const {
  return folder_ /
         (std::string(kind) + "-" + std::to_string(serial) + "-" + std::to_string(number));
}

// Keys of another dataset's documents depend on where its shard stands among all of them.
std::string RememberedPairs::name_of(std::size_t fragment) const {
  const u64 ordinal = documents_.fragments()[fragment].pieces.front().ordinal;
  return documents_.files()[fragment].filename().string() + "@" + std::to_string(ordinal);
}

RememberedPairs::Done RememberedPairs::read_done(Cluster& cluster) const {
  const std::string text = read_record(cluster, folder_ / "done");
  Done done;
  if (text.empty()) return done;
  try {
    WireReader in(text, "fragments of remembered pairs");
    done.serial = in.number();
    done.parts = in.number();
    done.by = in.text();
    done.decided_by = in.text();
    done.pairs = in.number();
    read_layers(in, done.layers);
    while (!in.done()) done.fragments.emplace_back(in.text());
  } catch (const std::exception&) {
    return {};
  }
  return done;
}

RememberedPairs::Begun RememberedPairs::read_begun(Cluster& cluster, const Done& done) const {
  const std::string text = read_record(cluster, folder_ / "begun");
  const Begun nothing{done.serial, {}, 0, {}, {}};
  if (text.empty()) return nothing;
  Begun begun;
  try {
    WireReader in(text, "pairs of a run that has not ended");
    begun.after = in.number();
    begun.step = in.text();
    begun.pairs = in.number();
    read_layers(in, begun.layers);
    while (!in.done()) begun.fragments.emplace_back(in.text());
  } catch (const std::exception&) {
    return nothing;
  }
  if (begun.after != done.serial) return nothing;
  return begun;
}

void RememberedPairs::write_begun() const {
  std::string text;
  WireWriter out(text);
  out.number(begun_.after);
  out.text(begun_.step);
  out.number(begun_.pairs);
  write_layers(out, begun_.layers);
  for (const std::string& fragment : begun_.fragments) out.text(fragment);
  write_file_atomically(folder_ / "begun", text);
}

void RememberedPairs::write_done(const Done& done) const {
  std::string text;
  WireWriter out(text);
  out.number(done.serial);
  out.number(done.parts);
  out.text(done.by);
  out.text(done.decided_by);
  out.number(done.pairs);
  write_layers(out, done.layers);
  for (const std::string& fragment : done.fragments) out.text(fragment);
  write_file_atomically(folder_ / "done", text);
  std::set<fs::path> wanted{folder_ / "done"};
  for (u64 number = 0; number < done.parts; ++number) {
    wanted.insert(file(kState, done.serial, number));
  }
  for (const Layer& layer : done.layers) {
    for (u64 number = 0; number < layer.parts; ++number) {
      wanted.insert(file(kPairs, layer.serial, number));
    }
  }
  std::vector<fs::path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (!wanted.contains(entry.path())) old.push_back(entry.path());
  }
  for (const fs::path& path : old) fs::remove(path);
}

std::vector<std::string> RememberedPairs::fragment_names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < documents_.fragments().size(); ++i) names.push_back(name_of(i));
  return names;
}

std::vector<bool> RememberedPairs::same_fragments(const std::vector<std::string>& names) const {
  const std::set<std::string> known(names.begin(), names.end());
  std::vector<bool> same;
  for (const std::string& name : fragment_names()) same.push_back(known.contains(name));
  return same;
}

bool RememberedPairs::read_pairs(const Cluster& cluster, const std::vector<Layer>& layers,
                                 const std::function<void(const ComparedPair&)>& f) const {
  bool whole = true;
  for (const Layer& layer : layers) {
    const bool layer_whole = read_parts(
        cluster, layer.parts, [&](u64 number) { return file(kPairs, layer.serial, number); },
        [&](const SegmentReader& segment) { for_each_record<ComparedPair>(segment, "pairs/", f); });
    whole = whole && layer_whole;
  }
  return whole;
}

bool RememberedPairs::still(const std::vector<bool>& same, u64 key) const {
  const auto fragment = documents_.fragment_of(DocKey{key});
  return fragment && same[*fragment];
}

Recalled RememberedPairs::recall(
    Cluster& cluster, const std::function<void(const KnownDocument&, bool)>& on_document) {
  const Done done = read_done(cluster);
  const std::vector<bool> same = same_fragments(done.fragments);
  const bool whole = read_parts(
      cluster, done.parts, [&](u64 number) { return file(kState, done.serial, number); },
      [&](const SegmentReader& segment) {
        for_each_record<KnownDocument>(segment, "documents/", [&](const KnownDocument& document) {
          on_document(document, still(same, document.key));
        });
      });
  return {whole && done.serial > 0, done.by, done.decided_by, done.pairs};
}

bool RememberedPairs::recall_pairs(Cluster& cluster,
                                   const std::function<void(const ComparedPair&)>& on_pair) {
  const Done done = read_done(cluster);
  const std::vector<bool> same = same_fragments(done.fragments);
  return read_pairs(cluster, done.layers, [&](const ComparedPair& pair) {
    if (still(same, pair.better_key) && still(same, pair.worse_key)) on_pair(pair);
  });
}

bool RememberedPairs::recall_begun(Cluster& cluster,
                                   const std::function<void(const ComparedPair&)>& on_pair) {
  const Done done = read_done(cluster);
  begun_ = read_begun(cluster, done);
  last_serial_ = begun_.layers.empty() ? done.serial : begun_.layers.back().serial;
  const std::vector<bool> same = same_fragments(begun_.fragments);
  return read_pairs(cluster, begun_.layers, [&](const ComparedPair& pair) {
    if (still(same, pair.better_key) && still(same, pair.worse_key)) on_pair(pair);
  });
}

bool RememberedPairs::goes_on(Cluster& cluster, bool whole) {
  const bool lost = cluster.control.any(!whole);
  if (!lost && begun_.step == step_) return true;
  begun_ = {begun_.after, step_, 0, {}, fragment_names()};
  return false;
}

bool RememberedPairs::recall_decisions(Cluster& cluster,
                                       const std::function<void(const Verdict&)>& on_drop,
                                       const std::function<void(const Edge&)>& on_edge) {
  const Done done = read_done(cluster);
  return read_parts(
      cluster, done.parts, [&](u64 number) { return file(kState, done.serial, number); },
      [&](const SegmentReader& segment) {
        for_each_record<Verdict>(segment, "drops/", on_drop);
        for_each_record<Edge>(segment, "edges/", on_edge);
      });
}

void RememberedPairs::commit(Cluster& cluster, const Records<ComparedPair>& pairs) {
  ++last_serial_;
  agree_all(cluster.control, [&] {
    fs::create_directories(folder_);
    SegmentWriter segment(file(kPairs, last_serial_, cluster.rank().value));
    write_records(segment, "pairs/", pairs);
    segment.commit();
  });
  begun_.layers.push_back({last_serial_, cluster.size()});
  begun_.pairs += cluster.control.all_sum(pairs.size());
  agree(cluster.control, [&] {
    write_begun();
    on_commit_();
    return std::string();
  });
}

void RememberedPairs::remember(Cluster& cluster, const ToRemember& what) {
  const Done before = read_done(cluster);
  Done done{std::max(before.serial, last_serial_) + 1,
            cluster.size(),
            what.by,
            what.decided_by,
            begun_.pairs,
            {},
            fragment_names()};
  std::vector<Layer> beside = what.beside ? before.layers : std::vector<Layer>();
  beside.insert(beside.end(), begun_.layers.begin(), begun_.layers.end());
  const bool fold = what.beside && beside.size() >= kMostLayers;
  if (!fold) done.layers = beside;
  done.layers.push_back({done.serial, cluster.size()});
  bool lost = false;
  agree_all(cluster.control, [&] {
    fs::create_directories(folder_);
    SegmentWriter state(file(kState, done.serial, cluster.rank().value));
    write_records(state, "documents/", what.documents);
    write_records(state, "drops/", what.drops);
    write_records(state, "edges/", what.edges);
    state.commit();
    SegmentWriter pairs(file(kPairs, done.serial, cluster.rank().value));
    RecordChunks<ComparedPair> chunks(pairs, "pairs/");
    what.pairs.for_each([&](const ComparedPair& pair) { chunks.add(pair); });
    if (fold) {
      lost = !read_pairs(cluster, beside, [&](const ComparedPair& pair) { chunks.add(pair); });
    }
    chunks.finish();
    pairs.commit();
  });
  if (cluster.control.any(lost))
    done.by.clear();  // pairs that are left out are not known to be none
  done.pairs += cluster.control.all_sum(what.pairs.size()) + (what.beside ? before.pairs : 0);
  agree(cluster.control, [&] {
    write_done(done);
    return std::string();
  });
}

std::vector<fs::path> pairs_folders(const Pipeline& pipeline, const fs::path& store) {
  std::vector<fs::path> folders;
  for (const Step& step : pipeline.steps) {
    folders.emplace_back();
    if (!step.global || !step.global->compares_pairs()) continue;
    Hasher128 hash;
    hash.add_field(step.label).add_field(step.sketch_fingerprint).add_number(step.rows_before);
    folders.back() = store / "pairs" / hash.digest().hex();
  }
  return folders;
}

}  // namespace shardmill
