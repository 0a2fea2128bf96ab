#include "jobs/run/read_pass.hpp"

#include <algorithm>
#include <optional>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "jobs/run/fragment_builder.hpp"
#include "jobs/run/sketch_files.hpp"
#include "jobs/run/stopped_run.hpp"

namespace shardmill {
namespace {

// Everything of one fragment but files that fail as a whole; nullopt and the failing file when one
// failed now, so that the caller begins again without it.
std::optional<std::pair<u64, std::string>> read_pieces(const ReadPlan& plan,
                                                       const Fragment& fragment,
                                                       const std::map<u64, std::string>& failures,
                                                       FragmentBuilder& builder) {
  for (const Piece& piece : fragment.pieces) {
    const std::string& path = plan.path_of[piece.ordinal];
    if (path.empty()) builder.info().gone.insert(piece.ordinal);
    if (path.empty() || failures.contains(piece.ordinal)) continue;
    const FileVersion& file = plan.catalog.files[piece.ordinal];
    const u32 source = source_position(plan.job, file.source);
    builder.begin_file(piece.ordinal);
    try {
      const ReadCounts counts =
          read_part({path, file.relative, source, piece.ordinal, piece.begin, piece.end},
                    plan.job.sources[source].settings, builder);
      builder.info().raw_bytes += counts.raw_bytes;
    } catch (const DataError& error) {
      if (builder.step_failed()) throw;
      std::string why = error.what();
      if (why.find(path) == std::string::npos) why.insert(0, path + ": ");
      return std::pair{piece.ordinal, why};
    }
  }
  return std::nullopt;
}

// How a source is read, as bytes for fingerprints.
std::string source_canonical(const SourceSettings& source) {
  std::string bytes;
  WireWriter out(bytes);
  out.number(static_cast<u64>(source.format));
  out.text(source.id_field);
  out.text(source.text_field);
  out.number(source.columns.size());
  for (const auto& [column, field] : source.columns) {
    out.text(column);
    out.text(field);
  }
  out.number(source.command.size());
  for (const std::string& argument : source.command) out.text(argument);
  out.number(source.max_record);
  for (const auto& [field, type] : source.types) {
    out.text(field);
    out.number(static_cast<u64>(type));
  }
  if (source.format == Format::hdf5) {
    out.text(source.group);
    for (const std::string& field : source.fields) out.text(field);
  }
  return bytes;
}

// Returns what is known of it.
FragmentInfo read_fragment(const ReadPlan& plan, std::size_t index, Watchdog& watchdog) {
  std::map<u64, std::string> failures;
  while (true) {
    FragmentWriter writer(plan.files[index]);
    SketchFiles sketches(plan.pipeline, plan.files[index], plan.pipeline.sketching());
    FragmentBuilder builder(plan.pipeline, plan.job, writer, sketches, watchdog);
    const auto failure = read_pieces(plan, plan.fragments[index], failures, builder);
    if (failure) {
      // Judged over all files later; but where none is tolerated, nothing is gained by going on.
      if (plan.tolerated_files == 0) throw DataError(failure->second);
      failures.insert(*failure);
      continue;
    }
    builder.finish();
    builder.end_steps();
    builder.info().failures = failures;
    sketches.commit(writer.commit(builder.info()));
    return std::move(builder.info());
  }
}

// A wrong column for the text, say, is judged when all has been read: hours later, perhaps. Whether
// it was told.
bool warn_of_nothing_readable(const ReadPlan& plan, const FragmentInfo& info, Observer& observer) {
  constexpr std::size_t kMany = 100;
  if (!info.documents_of.empty() || info.unreadable.size() < kMany) return false;
  const UnreadableRecord& first = info.unreadable.front();
  observer.log("warning", "a part of the input has no readable record",
               {{"records", std::to_string(info.unreadable.size())},
                {"path", plan.path_of[first.ordinal]},
                {"offset", std::to_string(first.offset)},
                {"reason", first.reason + (first.detail.empty() ? "" : ": " + first.detail)}});
  return true;
}

struct Work {
  std::size_t fragment = 0;
  bool read = false;  // or sketch
};

// What is to be done of fragments. Each rank looks at its share, and all have looked before anyone
// adds to the store.
std::vector<Work> look_for_work(Communicator& control, const ReadPlan& plan) {
  constexpr char kNothing = '0';
  constexpr char kSketch = '1';
  constexpr char kRead = '2';
  std::string mine;
  agree_all(control, [&] {
    for (std::size_t f = control.rank().value; f < plan.files.size(); f += control.size()) {
      const auto stored = stored_fragment(plan, f);
      mine += !stored ? kRead : stored->unsketched.empty() ? kNothing : kSketch;
    }
  });
  const std::vector<std::string> found = control.all_gather(mine);
  std::vector<Work> work;
  for (std::size_t f = 0; f < plan.files.size(); ++f) {
    const char flag = found[f % control.size()][f / control.size()];
    if (flag != kNothing) work.push_back({f, flag == kRead});
  }
  return work;
}

// Whether it was possible. What is damaged inside, or has documents that are gone and that a step
// cannot look at, is to be read: if it is the fault of a document that lives, that says so.
bool sketch_fragment(const ReadPlan& plan, std::size_t index, Watchdog& watchdog) {
  const std::filesystem::path& file = plan.files[index];
  try {
    const auto stored = stored_fragment(plan, index);
    if (!stored) return false;
    sketch_again(plan.pipeline, file, stored->unsketched, watchdog);
    return true;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

std::optional<StoredFragment> stored_fragment(const std::filesystem::path& file,
                                              const Pipeline& pipeline,
                                              const std::vector<u32>& steps,
                                              const std::function<bool(u64)>& lives) {
  try {
    if (!std::filesystem::exists(file)) return std::nullopt;
    const FragmentReader reader(file);
    // What made a file fail (rights, a disk) may be gone, and a full rebuild would read it.
    if (!reader.info().failures.empty()) return std::nullopt;
    const std::set<u64>& gone = reader.info().gone;
    if (std::any_of(gone.begin(), gone.end(), lives)) return std::nullopt;
    for (const Hash128& id : reader.info().removed) {
      if (!pipeline.excluded || !pipeline.excluded->contains(id)) return std::nullopt;
    }
    StoredFragment stored{reader.info(), {}};
    for (const u32 step : steps) {
      if (has_sketches(sketch_file(file, pipeline.steps[step]), reader.checksum())) continue;
      if (!pipeline.keeps_documents_for(step)) return std::nullopt;
      stored.unsketched.push_back(step);
    }
    return stored;
  } catch (const DataError&) {
    return std::nullopt;  // cut short by a disk or a person: a cache, made again
  }
}

std::optional<StoredFragment> stored_fragment(const ReadPlan& plan, std::size_t fragment) {
  return stored_fragment(plan.files[fragment], plan.pipeline, plan.pipeline.sketching(),
                         [&](u64 ordinal) { return !plan.path_of[ordinal].empty(); });
}

u32 source_position(const Job& job, const std::string& name) {
  for (u32 s = 0; s < job.sources.size(); ++s) {
    if (job.sources[s].settings.name == name) return s;
  }
  throw InternalError("no source named " + name + " in the job");
}

std::string fragment_fingerprint(const Fragment& fragment, const Catalog& catalog, const Job& job,
                                 const Pipeline& pipeline) {
  Hasher128 hash;
  hash.add_field(pipeline.read_fingerprint);
  for (const Piece& piece : fragment.pieces) {
    const FileVersion& file = catalog.files[piece.ordinal];
    hash.add_number(piece.ordinal).add_number(piece.begin).add_number(piece.end);
    hash.add_field(file.source).add_field(file.relative);
    hash.add_number(file.size).add_number(static_cast<u64>(file.first_mtime_ns));
    // A source that the job no longer has: its files are tombstones, and their rows hidden.
    const auto source =
        std::find_if(job.sources.begin(), job.sources.end(),
                     [&](const SourceSpec& s) { return s.settings.name == file.source; });
    hash.add_field(source == job.sources.end() ? "" : source_canonical(source->settings));
    // Documents know their source by its position.
    hash.add_number(narrow<u64>(source - job.sources.begin()));
  }
  return hash.digest().hex();
}

std::string splittable_files(const Job& job, const Catalog& catalog,
                             const std::vector<std::string>& path_of) {
  std::string flags;
  for (const FileVersion& file : catalog.files) {
    const std::string& path = path_of[file.ordinal];
    // A tombstone is not there to be looked at, and need not be: its rows are hidden anyway.
    const bool is = !path.empty() && file.size > kFragmentBytes &&
                    splittable(job.sources[source_position(job, file.source)].settings, path);
    flags += is ? '1' : '0';
  }
  return flags;
}

ReadPlan make_read_plan(const Job& job, const Pipeline& pipeline, const Catalog& catalog,
                        std::vector<std::string> path_of, const std::string& splittable,
                        const std::filesystem::path& store) {
  ReadPlan plan{job, pipeline, catalog, std::move(path_of), {}, {}, job.tolerated_files};
  plan.fragments = cut_fragments(
      catalog, [&](const FileVersion& file) { return splittable[file.ordinal] == '1'; });
  for (const Fragment& fragment : plan.fragments) {
    plan.files.push_back(store / "fragments" /
                         (fragment_fingerprint(fragment, catalog, job, pipeline) + ".seg"));
  }
  return plan;
}

ReadDone run_read_pass(Cluster& cluster, const ReadPlan& plan, Observer& observer) {
  stop_if_asked(cluster.control, cluster.stop,
                "stopped by a signal before reading; the same command goes on from here");
  const std::vector<Work> missing = look_for_work(cluster.control, plan);
  std::vector<u64> weights;
  for (const Work& work : missing) weights.push_back(plan.fragments[work.fragment].bytes);
  const std::vector<Rank> reader = assign_longest_first(weights, cluster.size());
  u64 mine = 0;
  u64 all = 0;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    all += weights[i];
    if (reader[i] == cluster.rank()) mine += weights[i];
  }
  observer.stage("read", mine, "B", all);
  ReadDone done;
  bool warned = false;
  agree_all(cluster.control, [&] {
    for (std::size_t i = 0; i < missing.size() && !cluster.stop.is_set(); ++i) {
      if (reader[i] != cluster.rank()) continue;
      const auto [fragment, read] = missing[i];
      const std::string name = "fragment " + std::to_string(fragment);
      Span span{"sketches", name, Span::Clock::now(), {}};
      span.arguments.emplace_back("bytes", weights[i]);
      if (!read) cluster.watchdog.doing("sketching " + name);
      if (!read && sketch_fragment(plan, fragment, cluster.watchdog)) {
        ++done.sketched;
      } else {
        cluster.watchdog.doing("reading " + name);
        span.category = "fragment";
        const FragmentInfo info = read_fragment(plan, fragment, cluster.watchdog);
        warned = warned || warn_of_nothing_readable(plan, info, observer);
        ++done.read;
        observer.count("text_bytes", info.text_bytes);
        span.arguments.emplace_back("text_bytes", info.text_bytes);
      }
      observer.count(kCommitted, 1);
      span.end = Span::Clock::now();
      cluster.spans.add(std::move(span));
      cluster.watchdog.progress();
      observer.advance(weights[i]);
    }
  });
  stop_if_asked(cluster.control, cluster.stop,
                "stopped by a signal while reading; the same command goes on from here");
  const auto sum = cluster.control.all_sum(std::vector<u64>{done.read, done.sketched});
  return {sum[0], sum[1]};
}

}  // namespace shardmill
