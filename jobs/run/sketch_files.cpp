#include "jobs/run/sketch_files.hpp"

#include <algorithm>

#include "cluster/watchdog.hpp"
#include "engine/plan/fragment_file.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Of ids in a sketch of a document that makes tokens.
void add_sizes(std::string_view sketches, u64 width, const TextColumn& texts,
               std::vector<TextSize>& sizes) {
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const u64 bytes = load_u64(sketches);
    sizes.push_back({narrow<u32>(bytes / width), narrow<u32>(texts[row].size())});
    sketches.remove_prefix(sizeof(u64) + bytes);
  }
}

// A block as the store keeps it, without what was taken down.
struct StoredBlock {
  std::vector<bool> gone;  // by row of the block; what follows has the others only
  std::vector<DocEntry> entries;
  std::vector<RowHit> hits;
  Batch batch;
  TextColumn texts;  // as they are published, of all rows
};

void push(const TextColumn& from, std::size_t row, TextColumn& to) {
  if (from.has(row)) {
    to.push(from[row]);
  } else {
    to.push_absent();
  }
}

void read_block(const FragmentReader& fragment, u64 block, StoredBlock& out) {
  out = {};
  TextColumn ids;
  std::vector<Field> fields;
  BlockTexts texts;
  fragment.entries(block, out.entries);
  fragment.hits(block, out.hits);
  fragment.ids(block, ids);
  fragment.fields(block, fields);
  fragment.texts(block, texts);
  for (const Field& field : fields) out.batch.fields.push_back({field.name, {}});
  for (std::size_t row = 0; row < out.entries.size(); ++row) {
    out.texts.push(texts[row]);
    out.gone.push_back(is_removed_id(ids[row]));
    if (out.gone.back()) continue;
    out.batch.key.push_back(out.entries[row].key);
    out.batch.source.push_back(out.entries[row].source);
    out.batch.id.push(ids[row]);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      push(fields[i].json, row, out.batch.fields[i].json);
    }
  }
}

// The texts of the rows that are not gone, as `step` saw them.
void read_texts(const FragmentReader& fragment, u64 block, u32 step, StoredBlock& stored) {
  BlockTexts texts;
  fragment.texts_at(block, step, texts);
  stored.batch.text.clear();
  for (std::size_t row = 0; row < stored.gone.size(); ++row) {
    if (!stored.gone[row]) stored.batch.text.push(texts[row]);
  }
}

// Which of the rows that are not gone an earlier step drops.
std::vector<bool> dropped_before(const StoredBlock& stored, u32 step) {
  std::vector<bool> dropped(stored.gone.size(), false);
  for (const RowHit& hit : stored.hits) {
    if (hit.step < step && hit.reason != RowHit::kChanged) dropped[hit.row] = true;
  }
  std::vector<bool> of_batch;
  for (std::size_t row = 0; row < dropped.size(); ++row) {
    if (!stored.gone[row]) of_batch.push_back(dropped[row]);
  }
  return of_batch;
}

// Sketches of all rows: of those that are gone zeroes, or no content where lengths differ.
std::string with_gaps(std::string_view sketches, std::size_t bytes, const std::vector<bool>& gone) {
  std::string out;
  for (const bool is_gone : gone) {
    if (is_gone) {
      out.append(bytes == GlobalOperator::kSketchesDiffer ? sizeof(u64) : bytes, '\0');
      continue;
    }
    const std::size_t size =
        bytes == GlobalOperator::kSketchesDiffer ? sizeof(u64) + load_u64(sketches) : bytes;
    out += sketches.substr(0, size);
    sketches.remove_prefix(size);
  }
  return out;
}

}  // namespace

SketchFiles::SketchFiles(const Pipeline& pipeline, const fs::path& fragment,
                         const std::vector<u32>& steps)
    : pipeline_(pipeline) {
  std::vector<fs::path> files;
  for (const u32 step : steps) {
    const fs::path file = sketch_file(fragment, pipeline.steps[step]);
    if (std::find(files.begin(), files.end(), file) != files.end()) continue;
    files.push_back(file);
    steps_.push_back(step);
    writers_.emplace_back(file);
  }
}

bool SketchFiles::wants(u32 step) const {
  return std::find(steps_.begin(), steps_.end(), step) != steps_.end();
}

void SketchFiles::add_block(const std::map<u32, std::string>& sketches, const TextColumn& texts) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const std::string& sketch = sketches.at(steps_[i]);
    const TokenFormat* format = pipeline_.steps[steps_[i]].global->tokens();
    sizes_.clear();
    if (format != nullptr) add_sizes(sketch, format->width(), texts, sizes_);
    writers_[i].add_block(sketch, sizes_);
  }
}

void SketchFiles::commit(u64 fragment) {
  for (SketchWriter& writer : writers_) writer.commit(fragment);
}

bool has_sketches(const fs::path& file, u64 fragment) {
  try {
    return fs::exists(file) && SketchReader(file).fragment() == fragment;
  } catch (const DataError&) {
    return false;  // a cache, made again
  }
}

void sketch_again(const Pipeline& pipeline, const fs::path& fragment, const std::vector<u32>& steps,
                  Watchdog& watchdog) {
  const FragmentReader reader(fragment);
  SketchFiles files(pipeline, fragment, steps);
  StoredBlock stored;
  for (u64 block = 0; block < reader.blocks(); ++block) {
    read_block(reader, block, stored);
    std::map<u32, std::string> sketches;
    for (const u32 step : files.steps()) {
      GlobalOperator& op = *pipeline.steps[step].global;
      read_texts(reader, block, step, stored);
      op.leave_out(dropped_before(stored, step));
      std::string sketch;
      op.sketch(stored.batch, sketch);
      sketches[step] = with_gaps(sketch, op.sketch_bytes(), stored.gone);
    }
    files.add_block(sketches, stored.texts);
    watchdog.progress();  // some steps take long for a document
  }
  for (const u32 step : files.steps()) pipeline.steps[step].global->end_fragment();
  files.commit(reader.checksum());
}

}  // namespace shardmill
