// The value that a document has in a column, whichever it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

// One column of a batch. Both the batch and the names of the sources outlive it.
class DocumentValue {
 public:
  DocumentValue(const Batch& batch, const std::vector<std::string>& sources,
                const std::string& column);
  // As text: a string by its content, any other value by its JSON text; nothing when it is absent.
  // The view lives until the next call.
  [[nodiscard]] std::optional<std::string_view> text(std::size_t row);
  // As JSON; nothing for `id`, `source` and `text`, which are not, and when it is absent.
  [[nodiscard]] std::optional<std::string_view> json(std::size_t row) const;

 private:
  enum class What : u8 { id, source, text, field };
  const Batch& batch_;
  const std::vector<std::string>& sources_;
  What what_ = What::field;
  const Field* field_ = nullptr;  // null: no document of the batch has it
  std::string decoded_;
};

// The text of one JSON value without space around it: see DocumentValue::text. `decoded` holds it
// where it has to be made.
[[nodiscard]] std::string_view text_of_json(std::string_view json, std::string& decoded);

}  // namespace shardmill
