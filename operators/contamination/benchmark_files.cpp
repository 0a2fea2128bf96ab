#include "operators/contamination/benchmark_files.hpp"

#include <filesystem>
#include <set>
#include <unordered_set>

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
    path_ = file.path;
    const std::string name = std::filesystem::path(file.path).filename().string();
    benchmark_ = name.substr(0, name.find('.'));
    row_ = 0;
    try {
      read_part({file.path, file.relative, 0, ordinal}, benchmarks_.source, *this);
    } catch (const DataError& error) {
      throw DataError(benchmarks_.step + ": " + error.what());
    }
    // Searching for nothing would find nothing, and say that all is clean.
    if (row_ == 0) throw DataError(benchmarks_.step + ": " + path_ + ": a benchmark without items");
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
      if (!has(field) || !field->json[row].starts_with('"')) {
        const std::string wanted = benchmarks_.question.empty() ? "`question` or `text`"
                                                                : "`" + benchmarks_.question + "`";
        throw DataError(path_ + ": offset " + std::to_string(batch.key[row].offset()) +
                        ": an item needs a text in the field " + wanted +
                        (has(field) ? "; found " + std::string(field->json[row].substr(0, 40))
                                    : "; name it with `question: FIELD`"));
      }
      item.text = text_of_json(field->json[row], decoded);
      const auto plain = [&](const Field* of) {
        const bool has_words = has(of) && of->json[row].find_first_of("[{") != 0;
        return has_words ? std::string(text_of_json(of->json[row], decoded)) : std::string();
      };
      item.answer = plain(answer);
      item.passage = plain(has(passage) ? passage : context);
      if (!names_.emplace(item.benchmark + "/" + item.id).second) {
        throw DataError(path_ + ": offset " + std::to_string(batch.key[row].offset()) +
                        ": a second item " + item.benchmark + "/" + item.id +
                        "; items are named by their file, up to its first dot, and their field " +
                        "`id`, or `id: FIELD`");
      }
      f_(std::move(item));
    }
  }
  void quarantined(const Quarantined& record) override {
    throw DataError(path_ + ": offset " + std::to_string(record.offset) + ": " + record.reason +
                    (record.detail.empty() ? "" : ": " + record.detail) +
                    "; every item of a benchmark is needed");
  }

 private:
  // A field that the job names, and whether some item has it.
  struct NamedField {
    const char* setting;
    std::string field;
    bool seen = false;
  };

  const BenchmarkFiles& benchmarks_;
  const std::function<void(BenchmarkItem&&)>& f_;
  std::string path_;
  std::string benchmark_;
  u64 row_ = 0;
  std::unordered_set<std::string> names_;
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
