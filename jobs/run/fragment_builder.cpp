#include "jobs/run/fragment_builder.hpp"

#include <algorithm>

#include "cluster/watchdog.hpp"
#include "engine/batch/vector_value.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr u64 kBlockBytes = u64{1} << 20;
// Rows times fields: documents that share no field would make a block of mostly absent cells.
constexpr u64 kBlockCells = u64{1} << 20;
constexpr u64 kBlockAdded = u64{8} << 20;

u64 most_rows(const Pipeline& pipeline) {
  u64 added = 0;
  for (const Step& step : pipeline.steps) added += step.row ? step.row->bytes_added() : 0;
  const u64 rows = std::max<u64>(kBlockAdded / std::max<u64>(added, 1), 1);
  return std::min(rows, pipeline.block_rows);
}

// Sketches of `bytes` each, those of some rows zeroed, or without content where lengths differ.
std::string without_rows(const std::string& sketches, std::size_t bytes,
                         const std::vector<bool>& rows) {
  std::string out;
  std::string_view left = sketches;
  for (const bool excluded : rows) {
    const bool differ = bytes == GlobalOperator::kSketchesDiffer;
    const std::size_t head = differ ? sizeof(u64) : 0;
    const std::size_t size = differ ? load_u64(left) : bytes;
    if (!excluded) {
      out += left.substr(0, head + size);
    } else if (differ) {
      append_u64(out, 0);
    } else {
      out.append(size, '\0');
    }
    left.remove_prefix(head + size);
  }
  return out;
}

}  // namespace

FragmentBuilder::FragmentBuilder(const Pipeline& pipeline, const Job& job, FragmentWriter& writer,
                                 SketchFiles& sketch_files, Watchdog& watchdog)
    : pipeline_(pipeline),
      job_(job),
      writer_(writer),
      sketch_files_(sketch_files),
      watchdog_(watchdog),
      shuffle_seed_(seed_for("shuffle", job.seed)),
      most_rows_(most_rows(pipeline)) {}

bool FragmentBuilder::is_full(const Batch& batch, u64 bytes) const {
  return bytes >= kBlockBytes || batch.size() >= most_rows_ ||
         batch.size() * batch.fields.size() >= kBlockCells;
}

void FragmentBuilder::batch(Batch& batch) {
  if (batch.made_ids > 0) info_.made_ids[ordinal_] += batch.made_ids;
  // The usual case, without a copy.
  if (waiting_.size() == 0 && batch.text.bytes().size() >= kBlockBytes / 2 &&
      batch.size() <= most_rows_) {
    return process(batch);
  }
  field_of_.assign(batch.fields.size(), kNoField);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    append(batch, row);
    if (is_full(waiting_, waiting_bytes_)) finish();
  }
}

void FragmentBuilder::append(const Batch& from, std::size_t row) {
  waiting_bytes_ += from.id[row].size() + from.text[row].size();
  waiting_.key.push_back(from.key[row]);
  waiting_.source.push_back(from.source[row]);
  waiting_.id.push(from.id[row]);
  waiting_.text.push(from.text[row]);
  for (std::size_t i = 0; i < from.fields.size(); ++i) {
    const TextColumn& json = from.fields[i].json;
    if (!json.has(row)) continue;
    if (field_of_[i] == kNoField) field_of_[i] = waiting_field(from.fields[i].name);
    waiting_.fields[field_of_[i]].json.push(json[row]);
    waiting_bytes_ += json[row].size();
  }
  waiting_.end_document();
}

// Position in waiting_.fields; a new one is absent in the rows before the last.
std::size_t FragmentBuilder::waiting_field(const std::string& name) {
  const auto [field, is_new] = waiting_fields_.emplace(name, waiting_.fields.size());
  if (is_new) {
    waiting_.fields.push_back({name, {}});
    for (std::size_t i = 1; i < waiting_.size(); ++i) waiting_.fields.back().json.push_absent();
  }
  return field->second;
}

void FragmentBuilder::quarantined(const Quarantined& record) {
  info_.unreadable.push_back({ordinal_, record.offset, record.reason, record.detail});
}

void FragmentBuilder::finish() {
  if (waiting_.size() > 0) process(waiting_);
  waiting_.clear();
  waiting_fields_.clear();
  std::fill(field_of_.begin(), field_of_.end(), kNoField);
  waiting_bytes_ = 0;
}

void FragmentBuilder::end_steps() {
  for (const Step& step : pipeline_.steps) {
    if (step.row) step.row->end_fragment();
    if (step.global) step.global->end_fragment();
  }
}

void FragmentBuilder::process(Batch& batch) {
  for (const DocKey key : batch.key) ++info_.documents_of[key.ordinal()];
  info_.text_bytes += batch.text.bytes().size();
  hits_.clear();
  texts_.clear();
  in_steps_ = true;
  run_steps(batch);
  note_kinds(batch);
  in_steps_ = false;
  make_entries(batch);
  remove_excluded(batch);
  writer_.add_block(entries_, hits_, batch, texts_);
  sketch_files_.add_block(sketches_, batch.text);
  watchdog_.progress();  // some steps take long for a document
}

void FragmentBuilder::run_steps(Batch& batch) {
  for (u32 i = 0; i < pipeline_.steps.size(); ++i) {
    const Step& step = pipeline_.steps[i];
    if (step.row) {
      RowVerdicts verdicts;
      step.row->apply(batch, verdicts);
      for (const RowVerdicts::Drop& drop : verdicts.drops()) {
        hits_.push_back({drop.row, i, drop.reason});
      }
      for (const u32 row : verdicts.changed()) hits_.push_back({row, i, RowHit::kChanged});
    } else if (step.global) {
      if (step.global->needs_text() && pipeline_.text_changes_after(i)) texts_[i] = batch.text;
      if (!sketch_files_.wants(i)) continue;
      std::string& sketch = sketches_[i];
      sketch.clear();
      dropped_.assign(batch.size(), false);
      for (const RowHit& hit : hits_) {
        if (hit.reason != RowHit::kChanged) dropped_[hit.row] = true;
      }
      step.global->leave_out(dropped_);
      step.global->sketch(batch, sketch);
    }
  }
}

void FragmentBuilder::note_kinds(const Batch& batch) {
  for (const Field& field : batch.fields) {
    u64& seen = info_.seen[field.name];
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (!field.json.has(row)) continue;
      const u8 kind = kind_of_json(field.json[row]);
      seen |= kind;
      if (kind == kSeenVector) note_dimensions(field.name, batch, row, field.json[row]);
    }
    if ((seen & kSeenVector) != 0 && seen != kSeenVector) {
      throw DataError("column `" + field.name +
                      "`: some documents have vectors and others have other values");
    }
  }
}

void FragmentBuilder::note_dimensions(const std::string& column, const Batch& batch,
                                      std::size_t row, std::string_view vector) {
  const u64 length = (vector.size() - 1) / sizeof(float);
  std::map<u64, u64>& files = info_.dimensions[column];
  files.emplace(batch.key[row].ordinal(), length);
  // All of a fragment are alike, so the first file speaks for the others.
  const u64 before = files.begin()->second;
  if (length == before) return;
  throw DataError("column `" + column + "`: document " + std::string(batch.id[row]) +
                  " has a vector of " + std::to_string(length) + " numbers, others have " +
                  std::to_string(before));
}

// What was taken down shapes nothing but counts and types: of the rest the store keeps nothing.
void FragmentBuilder::remove_excluded(Batch& batch) {
  if (!pipeline_.excluded) return;
  excluded_.assign(batch.size(), false);
  bool any = false;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (!pipeline_.excluded->contains(batch.id[row])) continue;
    excluded_[row] = any = true;
    info_.removed.push_back(hash128(batch.id[row]));
  }
  if (!any) return;
  // Whether a value is there is kept.
  const auto emptied = [&](const TextColumn& column, const auto& instead) {
    TextColumn out;
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (!column.has(row)) {
        out.push_absent();
      } else {
        out.push(excluded_[row] ? std::string_view(instead(column[row])) : column[row]);
      }
    }
    return out;
  };
  const auto nothing = [](std::string_view) { return std::string(); };
  batch.id = emptied(batch.id, removed_id);
  batch.text = emptied(batch.text, nothing);
  for (Field& field : batch.fields) {
    field.json = emptied(field.json, [](std::string_view) { return std::string("null"); });
  }
  for (auto& [step, text] : texts_) text = emptied(text, nothing);
  for (auto& [step, sketch] : sketches_) {
    sketch = without_rows(sketch, pipeline_.steps[step].global->sketch_bytes(), excluded_);
  }
}

void FragmentBuilder::make_entries(const Batch& batch) {
  entries_.assign(batch.size(), {});
  for (std::size_t row = 0; row < batch.size(); ++row) {
    DocEntry& entry = entries_[row];
    const std::string& source = job_.sources[batch.source[row]].settings.name;
    entry.key = batch.key[row];
    entry.source = batch.source[row];
    entry.place = hash64(batch.id[row], shuffle_seed_);
    entry.bytes = batch.id[row].size() + source.size() + batch.text[row].size();
    entry.content = hash64(batch.text[row], hash64(batch.id[row], hash64(source)));
  }
  for (const Field& field : batch.fields) {
    const u64 name = hash64(field.name);
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (!field.json.has(row)) continue;
      entries_[row].bytes += field.json[row].size() - (is_vector(field.json[row]) ? 1 : 0);
      // A sum: the order in which fields were first seen must not matter.
      entries_[row].content += mix64(hash64(field.json[row], name));
    }
  }
  for (const RowHit& hit : hits_) {
    if (hit.reason == RowHit::kChanged) continue;
    entries_[hit.row].first_drop = std::min(entries_[hit.row].first_drop, hit.step);
  }
}

}  // namespace shardmill
