#include "jobs/command/export_tokens.hpp"

#include <algorithm>

#include "engine/observe/progress_text.hpp"
#include "engine/store/file.hpp"
#include "engine/store/little_endian.hpp"
#include "jobs/command/export.hpp"
#include "jobs/command/export_samples.hpp"
#include "operators/write/gzip_file.hpp"
#include "operators/write/sample_shard_reader.hpp"
#include "operators/write/token_shard_reader.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// "tokens/train/0001-r.h5": "train/0001-r".
fs::path name_of(const ShardRecord& shard) {
  return with_ending(shard.path.substr(shard.path.find('/') + 1), "");
}

// The ids of a shard as they are stored: from where `data` begins.
void copy_ids(const Dataset& dataset, const ShardRecord& shard, const TokenShardReader& reader,
              CommittedFile& to) {
  const File from = File::open_read(dataset.folder() / shard.path);
  u64 at = reader.data_begin();
  u64 left = reader.n_tokens() * reader.format().width();
  std::string block;
  while (left > 0) {
    block.resize(std::min<u64>(left, u64{4} << 20));
    from.read_exactly(at, block);
    to.write(block);
    at += block.size();
    left -= block.size();
  }
}

void export_megatron(const Dataset& dataset, const ShardRecord& shard, const fs::path& stem) {
  for (const char* ending : {".bin", ".idx"}) {
    const fs::path from = dataset.folder() / with_ending(shard.path, ending);
    hard_link_or_copy(fs::canonical(from), stem.string() + ending);
  }
}

// https://github.com/huggingface/datatrove, pipeline/tokens/tokenizer.py
void export_nanotron(const Dataset& dataset, const ShardRecord& shard,
                     const TokenShardReader& reader, const fs::path& stem) {
  CommittedFile ids(stem.string() + ".ds");
  copy_ids(dataset, shard, reader, ids);
  CommittedFile index(stem.string() + ".ds.index");
  reader.for_each(0, reader.n_documents(), [&](const TokenDocument& document) {
    std::string end;
    append_u64(end, document.begin + document.ids.size());
    index.write(end);
    return true;
  });
  write_file_atomically(stem.string() + ".ds.metadata",
                        reader.format().tokenizer + "|" + std::to_string(reader.format().width()) +
                            "\n" + std::to_string(reader.n_tokens()) + "\n" +
                            amount_text(static_cast<double>(reader.n_tokens()), "T"));
  index.commit();
  ids.commit();
}

// A field of a CSV line; quoted where it must be.
std::string csv_field(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

// https://github.com/allenai/OLMo-core, src/olmo_core/data/utils.py
void export_olmo(const Dataset& dataset, const ShardRecord& shard, const TokenShardReader& reader,
                 const fs::path& stem) {
  CommittedFile ids(stem.string() + ".npy");
  copy_ids(dataset, shard, reader, ids);
  GzipFile lines(stem.string() + ".csv.gz");
  reader.for_each(0, reader.n_documents(), [&](const TokenDocument& document) {
    lines.write(std::to_string(document.begin) + "," +
                std::to_string(document.begin + document.ids.size()) + "," +
                csv_field(document.id) + "," + csv_field(document.source) + "," +
                std::to_string(document.number) + "\n");
    return true;
  });
  lines.commit();
  ids.commit();
}

// https://github.com/karpathy/nanoGPT, train.py
void export_nanogpt(const Dataset& dataset, const std::vector<const ShardRecord*>& shards,
                    const fs::path& folder) {
  for (std::size_t i = 0; i < shards.size();) {
    const std::string& split = shards[i]->split;
    CommittedFile ids(folder / ((split == "validation" ? "val" : split) + ".bin"));
    for (; i < shards.size() && shards[i]->split == split; ++i) {
      const TokenShardReader reader(dataset.folder(), shards[i]->path);
      if (reader.format().width() != 2) {
        throw ConfigError("export: nanoGPT reads uint16, and a vocabulary of " +
                          std::to_string(reader.format().vocabulary_size) +
                          " ids has larger ones; --format olmo has the same stream as uint32");
      }
      copy_ids(dataset, *shards[i], reader, ids);
    }
    ids.commit();
  }
}

}  // namespace

void export_tokens(const Dataset& dataset, const Arguments& arguments) {
  const std::string& format = arguments.format;
  const fs::path folder = arguments.to;
  const std::vector<const ShardRecord*> shards = dataset.token_shards("export");
  if (folder == "-" || (fs::exists(folder) && !fs::is_empty(folder))) {
    throw ConfigError("export: --format " + format + " makes a folder; --to names one that is " +
                      "empty or not there yet");
  }
  if (SampleShardReader::reads(dataset.folder(), shards[0]->path)) {
    throw ConfigError("export: --format " + format + " needs token shards of layout corpus; " +
                      dataset.folder().string() + " has samples");
  }
  fs::create_directories(folder);
  for (const ShardRecord* shard : shards) require_whole(dataset, *shard);
  if (format == "nanogpt") return export_nanogpt(dataset, shards, folder);
  for (const ShardRecord* shard : shards) {
    if (arguments.samples) {
      export_samples(dataset, *shard, *arguments.samples, folder);
      continue;
    }
    const fs::path stem = folder / name_of(*shard);
    fs::create_directories(stem.parent_path());
    if (format == "megatron") {
      export_megatron(dataset, *shard, stem);
      continue;
    }
    const TokenShardReader reader(dataset.folder(), shard->path);
    if (format == "nanotron") export_nanotron(dataset, *shard, reader, stem);
    if (format == "olmo") export_olmo(dataset, *shard, reader, stem);
  }
}

}  // namespace shardmill
