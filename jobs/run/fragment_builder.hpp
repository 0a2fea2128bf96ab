// Turns what the reader yields into the blocks of one fragment: row steps, sketches, entries.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/plan/fragment_file.hpp"
#include "jobs/run/pipeline.hpp"
#include "operators/read/reader.hpp"

namespace shardmill {

// Small batches (files of one document) are joined, so that a block has about 1 MiB of text.
class FragmentBuilder final : public BatchSink {
 public:
  FragmentBuilder(const Pipeline& pipeline, const Job& job, FragmentWriter& writer);

  // The file whose records come next.
  void begin_file(u64 ordinal) { ordinal_ = ordinal; }
  void batch(Batch& batch) override;
  void quarantined(const Quarantined& record) override;
  // Writes what is left.
  void finish();
  [[nodiscard]] FragmentInfo& info() { return info_; }

 private:
  void process(Batch& batch);
  void note_kinds(const Batch& batch);
  void make_entries(const Batch& batch);

  const Pipeline& pipeline_;
  const Job& job_;
  FragmentWriter& writer_;
  FragmentInfo info_;
  u64 shuffle_seed_;
  u64 ordinal_ = 0;
  Batch waiting_;
  std::vector<DocEntry> entries_;
  std::vector<RowHit> hits_;
  std::map<u32, TextColumn> texts_;
  std::map<u32, std::string> sketches_;
};

}  // namespace shardmill
