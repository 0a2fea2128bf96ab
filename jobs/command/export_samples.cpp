#include "jobs/command/export_samples.hpp"

#include "operators/write/sample_shard_writer.hpp"
#include "operators/write/token_shard_reader.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

// Every document, as a row of token_schema(), which is without its end token.
template <class Add>
void for_each_token_row(const TokenShardReader& reader, Add&& add) {
  const std::size_t width = reader.format().width();
  reader.for_each(0, reader.n_documents(), [&](const TokenDocument& document) {
    const std::string copy = std::to_string(document.copy);
    const std::optional<std::string_view> row[] = {
        copy, document.id, document.key, document.source,
        document.stored.substr(0, document.stored.size() - width)};
    add(row);
    return true;
  });
}

}  // namespace

void export_samples(const Dataset& dataset, const ShardRecord& shard, const SampleFormat& samples,
                    const std::filesystem::path& folder) {
  const TokenShardReader reader(dataset.folder(), shard.path);
  TokenFormat format = reader.format();
  format.samples = samples;
  SampleCounter counter(format);
  for_each_token_row(reader, [&](const auto& row) { counter.add(row); });
  // "./train/0001-r.h5" instead of "tokens/train/0001-r.h5": token_documents_path() takes the place
  // of the first folder.
  const std::string path = "." + shard.path.substr(shard.path.find('/'));
  SampleShardWriter writer(folder, path, counter.finish(), reader.split(), format);
  for_each_token_row(reader, [&](const auto& row) { writer.add(row); });
  writer.close();
}

}  // namespace shardmill
