// The values of one kept document, by column of its shard.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/decided.hpp"
#include "jobs/run/fate.hpp"

namespace shardmill {

class TextValues {
 public:
  // Both outlive it.
  TextValues(const Job& job, const AddedColumns& added) : job_(job), added_(added) {}

  // The block that the next documents are of, and the columns of their shards (sorted by name).
  void load(const Documents::Block& block, const Schema& schema);
  // Views live until the next call.
  const std::vector<std::optional<std::string_view>>& of(std::size_t row, std::string_view id,
                                                         const DocEntry& entry, const Fate& fate);

 private:
  enum class What : u8 { id, source, text, field };
  struct Column {
    What what = What::field;
    const Field* field = nullptr;  // null: no document of the block has it
    bool is_string = false;        // utf8: a JSON string is decoded
  };
  [[nodiscard]] std::size_t position(const std::string& name) const;

  const Job& job_;
  const AddedColumns& added_;
  const Schema* schema_ = nullptr;
  std::vector<Column> columns_;
  std::vector<std::vector<std::size_t>> slots_;  // by added step and its column: position in schema
  BlockTexts texts_;
  std::vector<Field> fields_;
  std::vector<std::string> decoded_;
  std::string cut_;  // a text without some of its pieces
  std::vector<std::optional<std::string_view>> values_;
};

}  // namespace shardmill
