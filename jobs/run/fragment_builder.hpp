// Turns what the reader yields into the blocks of one fragment: row steps, sketches, entries.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/fragment_file.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/run/sketch_files.hpp"
#include "operators/read/reader.hpp"

namespace shardmill {

class Watchdog;

// Small batches (files of one document) are joined and large ones cut, so that a block has about 1
// MiB of text and fields, and at most 8 MiB of sketches and vectors.
class FragmentBuilder final : public BatchSink {
 public:
  FragmentBuilder(const Pipeline& pipeline, const Job& job, FragmentWriter& writer,
                  SketchFiles& sketch_files, Watchdog& watchdog);

  // The file whose records come next.
  void begin_file(u64 ordinal) { ordinal_ = ordinal; }
  void batch(Batch& batch) override;
  void quarantined(const Quarantined& record) override;
  // Writes what waits.
  void finish();
  // After finish(), when the fragment is to be kept: steps may find only now that it is not.
  void end_steps();
  [[nodiscard]] FragmentInfo& info() { return info_; }
  // Whether a step has thrown: that is no fault of the file that is being read.
  [[nodiscard]] bool step_failed() const { return in_steps_; }

 private:
  static constexpr std::size_t kNoField = SIZE_MAX;

  void append(const Batch& from, std::size_t row);
  [[nodiscard]] std::size_t waiting_field(const std::string& name);
  [[nodiscard]] bool is_full(const Batch& batch, u64 bytes) const;
  void process(Batch& batch);
  void run_steps(Batch& batch);
  void note_kinds(const Batch& batch);
  void note_dimensions(const std::string& column, const Batch& batch, std::size_t row,
                       std::string_view vector);
  void make_entries(const Batch& batch);
  void remove_excluded(Batch& batch);

  const Pipeline& pipeline_;
  const Job& job_;
  FragmentWriter& writer_;
  SketchFiles& sketch_files_;
  Watchdog& watchdog_;
  FragmentInfo info_;
  u64 shuffle_seed_;
  u64 ordinal_ = 0;
  bool in_steps_ = false;
  u64 most_rows_;  // in a block, by what steps add to them
  Batch waiting_;
  u64 waiting_bytes_ = 0;                                        // ids, text, fields
  std::unordered_map<std::string, std::size_t> waiting_fields_;  // name -> place in waiting_
  std::vector<std::size_t> field_of_;  // of the batch being appended: places in waiting_
  std::vector<DocEntry> entries_;
  std::vector<bool> excluded_;  // by row
  std::vector<bool> dropped_;   // by row
  std::vector<RowHit> hits_;
  std::map<u32, TextColumn> texts_;
  std::map<u32, std::string> sketches_;
};

}  // namespace shardmill
