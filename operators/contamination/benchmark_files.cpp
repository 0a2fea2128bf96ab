#include "operators/contamination/benchmark_files.hpp"

#include <filesystem>
#include <set>
#include <unordered_map>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "operators/read/reader.hpp"
#include "operators/table/document_value.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {
namespace {

// Names that a message may suggest; more are not collected.
constexpr std::size_t kNamesRemembered = 1000;

class ItemReader final : public BatchSink {
 public:
  ItemReader(const BenchmarkFiles& benchmarks, const std::function<void(BenchmarkItem&&)>& f)
      : benchmarks_(benchmarks), f_(f) {
    const auto add = [&](const char* setting, const std::string& field) {
      if (!field.empty()) named_.push_back({setting, field});
    };
    add("answer", benchmarks.answer);
    add("passage", benchmarks.passage);
    add("id", benchmarks.id);
  }

  void read(const FoundFile& file, u64 ordinal) {
    paths_.push_back(file.path);
    const std::string name = std::filesystem::path(file.path).filename().string();
    benchmark_ = name.substr(0, name.find('.'));
    row_ = 0;
    has_questions_ = false;
    try {
      read_part({file.path, file.relative, 0, ordinal}, benchmarks_.source, *this);
    } catch (const DataError& error) {
      throw DataError(benchmarks_.step + ": " + error.what());
    }
    // Searching for nothing would find nothing, and say that all is clean.
    if (row_ == 0)
      throw DataError(benchmarks_.step + ": " + paths_.back() + ": a benchmark without items");
    if (!has_questions_) {
      throw DataError(benchmarks_.step + ": " + paths_.back() +
                      ": no item has a text in the field " + question_fields() +
                      "; name it with `question: FIELD`" +
                      "; allowed: " + joined({fields_.begin(), fields_.end()}));
    }
  }

  // After all files: a field that no item has is a misspelt one.
  void refuse_unknown_fields() const {
    for (const NamedField& named : named_) {
      if (named.seen) continue;
      throw DataError(benchmarks_.step + ": " + named.setting + " names the field `" + named.field +
                      "`, which no item of " + joined(benchmarks_.files) + " has" +
                      suggestion(named.field, {fields_.begin(), fields_.end()}));
    }
  }

  void batch(Batch& batch) override {
    for (NamedField& named : named_) named.seen |= batch.field(named.field) != nullptr;
    for (const Field& field : batch.fields) {
      if (fields_.size() < kNamesRemembered) fields_.insert(field.name);
    }
    const Field* id = batch.field(benchmarks_.id.empty() ? "id" : benchmarks_.id);
    const Field* question =
        batch.field(benchmarks_.question.empty() ? "question" : benchmarks_.question);
    const Field* answer = batch.field(benchmarks_.answer.empty() ? "answer" : benchmarks_.answer);
    const Field* passage =
        batch.field(benchmarks_.passage.empty() ? "passage" : benchmarks_.passage);
    const Field* context = benchmarks_.passage.empty() ? batch.field("context") : nullptr;
    const Field* text = benchmarks_.question.empty() ? batch.field("text") : nullptr;
    std::string decoded;
    for (std::size_t row = 0; row < batch.size(); ++row) {
      ++row_;
      const auto has = [&](const Field* field) { return field != nullptr && field->json.has(row); };
      BenchmarkItem item;
      item.benchmark = benchmark_;
      item.id = has(id) ? std::string(text_of_json(id->json[row], decoded)) : std::to_string(row_);
      const Field* field = has(question) ? question : text;
      if (has(field)) item.text = question_text(field->json[row], batch.key[row]);
      const auto plain = [&](const Field* of) {
        const bool has_words = has(of) && of->json[row].find_first_of("[{") != 0;
        return has_words ? std::string(text_of_json(of->json[row], decoded)) : std::string();
      };
      item.answer = plain(answer);
      item.passage = plain(has(passage) ? passage : context);
      const auto [first, fresh] = names_.emplace(item.benchmark + "/" + item.id, paths_.size() - 1);
      if (!fresh) {
        throw DataError(paths_.back() + ": offset " + std::to_string(batch.key[row].offset()) +
                        ": a second item " + first->first + "; the first is in " +
                        paths_[first->second] +
                        "; items are named by their file, up to its first dot, and their field " +
                        "`id`, or `id: FIELD`");
      }
      f_(std::move(item));
    }
  }
  void quarantined(const Quarantined& record) override {
    throw DataError(paths_.back() + ": offset " + std::to_string(record.offset) + ": " +
                    record.reason + (record.detail.empty() ? "" : ": " + record.detail) +
                    "; every item of a benchmark is needed");
  }

 private:
  [[nodiscard]] std::string question_fields() const {
    return benchmarks_.question.empty() ? "`question` or `text`" : "`" + benchmarks_.question + "`";
  }
  std::string question_text(std::string_view json, DocKey place) {
    if (!json.starts_with('"')) {
      throw DataError(paths_.back() + ": offset " + std::to_string(place.offset()) +
                      ": an item needs a text in the field " + question_fields() + "; found " +
                      std::string(json.substr(0, 40)));
    }
    has_questions_ = true;
    std::string decoded;
    return std::string(text_of_json(json, decoded));
  }

  // A field that the job names, and whether some item has it.
  struct NamedField {
    const char* setting;
    std::string field;
    bool seen = false;
  };

  const BenchmarkFiles& benchmarks_;
  const std::function<void(BenchmarkItem&&)>& f_;
  std::string benchmark_;
  u64 row_ = 0;
  bool has_questions_ = false;  // of the file
  std::vector<std::string> paths_;
  std::unordered_map<std::string, std::size_t> names_;  // to the file, by number
  std::vector<NamedField> named_;
  std::set<std::string> fields_;
};

}  // namespace

void for_each_item(const BenchmarkFiles& benchmarks,
                   const std::function<void(BenchmarkItem&&)>& f) {
  ItemReader reader(benchmarks, f);
  u64 ordinal = 0;
  const auto files = [&] {
    try {
      return table_files(benchmarks.files);
    } catch (const DataError& error) {
      throw DataError(benchmarks.step + ": " + error.what());
    }
  };
  for (const FoundFile& file : files()) reader.read(file, ordinal++);
  reader.refuse_unknown_fields();
}

}  // namespace shardmill
