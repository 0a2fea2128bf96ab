#include "jobs/command/first_types.hpp"

#include <map>

#include "operators/read/reader.hpp"

namespace shardmill {
namespace {

struct Enough {};

class FirstBatch : public BatchSink {
 public:
  void batch(Batch& batch) override {
    for (const Field& field : batch.fields) {
      u8& kinds = seen[field.name];
      for (std::size_t row = 0; row < batch.size(); ++row) {
        if (field.json.has(row)) kinds |= kind_of_json(field.json[row]);
      }
    }
    throw Enough();  // a reader has no other end
  }
  void quarantined(const Quarantined& /*record*/) override {}

  std::map<std::string, u8> seen;
};

}  // namespace

Schema first_types(const FilePart& part, const SourceSettings& source) {
  FirstBatch first;
  try {
    read_part(part, source, first);
  } catch (const Enough&) {
  } catch (const DataError&) {
    return {};
  }
  Schema schema;
  for (const auto& [name, kinds] : first.seen) schema.push_back({name, type_of_seen(kinds)});
  return schema;
}

}  // namespace shardmill
