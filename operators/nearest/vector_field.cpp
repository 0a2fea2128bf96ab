#include "operators/nearest/vector_field.hpp"

#include <cmath>
#include <variant>

#include "engine/batch/json_scalar.hpp"
#include "engine/batch/vector_value.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kSpace = " \t\n\r";
constexpr std::size_t kShown = 40;  // bytes of a wrong value in a message

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string expected(const char* what, std::string_view found) {
  const bool whole = found.size() <= kShown;
  return std::string("expected ") + what + "; found " + std::string(found.substr(0, kShown)) +
         (whole ? "" : "…");
}

}  // namespace

std::string read_vector(std::string_view value, std::vector<float>& out) {
  if (is_vector(value)) {
    copy_components(value, out);
    return "";
  }
  out.clear();
  if (!value.starts_with('[')) return expected("an array of numbers", value);
  std::string_view rest = value.substr(1, value.size() - 2);
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view text = trimmed(rest.substr(0, comma));
    const auto number = decode_json_number(text);
    if (!number) return expected("an array of numbers", value);
    const double wide =
        std::visit([](auto parsed) { return static_cast<double>(parsed); }, *number);
    const auto component = static_cast<float>(wide);
    if (!std::isfinite(component)) return expected("numbers that float32 holds", text);
    out.push_back(component);
    if (comma == std::string_view::npos) return "";
    rest.remove_prefix(comma + 1);
  }
}

const std::vector<float>* VectorField::of(std::size_t row) {
  if (field_ == nullptr || !field_->json.has(row) || field_->json[row] == "null") return nullptr;
  std::string fault = read_vector(field_->json[row], vector_);
  if (fault.empty() && length_ != 0 && vector_.size() != length_) {
    fault = "expected " + std::to_string(length_) + " numbers, as others have; found " +
            std::to_string(vector_.size());
  }
  if (!fault.empty()) {
    throw DataError(place_ + " of document " + std::string(batch_->id[row]) + ": " + fault);
  }
  length_ = vector_.size();
  return &vector_;
}

}  // namespace shardmill
