#include "operators/read/reader.hpp"

#include <filesystem>
#include <memory>

#include "operators/read/byte_stream.hpp"
#include "operators/read/csv_reader.hpp"
#include "operators/read/hdf5_reader.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/read/record_parser.hpp"
#include "operators/read/text_document.hpp"

namespace shardmill {
namespace {

// A batch stays in the cache of one core.
constexpr u64 kBatchBytes = u64{1} << 20;
// Rows times fields: records that share no field would make a batch of mostly absent cells.
constexpr u64 kBatchCells = u64{1} << 20;

bool is_whole(const FilePart& part) { return part.begin == 0 && part.end == UINT64_MAX; }

// Of a LineReader, a CsvReader or a Hdf5Reader.
template <class Lines>
ReadCounts read_records(Lines& lines, const FilePart& part, const SourceSettings& source,
                        BatchSink& sink) {
  ReadCounts counts;
  RecordParser parser(source, part);
  Batch batch;
  u64 batch_bytes = 0;
  const auto flush = [&] {
    if (batch.size() == 0) return;
    counts.records += batch.size();
    sink.batch(batch);
    batch.clear();
    parser.batch_cleared();
    batch_bytes = 0;
  };

  Line line;
  Quarantined rejected;
  while (lines.next(line)) {
    if (line.fault != nullptr) {
      rejected = {part.relative, line.offset, line.fault, line.detail};
    } else if (parser.parse(line, batch, rejected)) {
      batch_bytes += line.length;
      if (batch_bytes >= kBatchBytes || batch.size() * batch.fields.size() >= kBatchCells) flush();
      continue;
    }
    ++counts.quarantined;
    sink.quarantined(rejected);
  }
  flush();
  counts.decoded_bytes = lines.bytes();
  return counts;
}

ReadCounts read_lines(ByteStream& stream, const FilePart& part, const SourceSettings& source,
                      BatchSink& sink) {
  if (source.format == Format::csv || source.format == Format::tsv) {
    CsvReader records(stream, source, part.path);
    return read_records(records, part, source, sink);
  }
  LineReader lines(stream, part.begin, part.end, source.max_record);
  return read_records(lines, part, source, sink);
}

ReadCounts read_text(ByteStream& stream, const FilePart& part, const SourceSettings& source,
                     BatchSink& sink) {
  ReadCounts counts;
  TextFile file = read_text_file(stream, source.max_record);
  counts.decoded_bytes = file.decoded_bytes;
  if (file.outcome == TextFile::Outcome::document) {
    Batch batch;
    batch.key.push_back(DocKey::of(part.ordinal, 0));
    batch.source.push_back(part.source);
    batch.id.push(MadeId(source, part).of(file.text));
    batch.text.push(file.text);
    counts.records = 1;
    sink.batch(batch);
  } else if (file.outcome == TextFile::Outcome::rejected) {
    file.rejected.relative = part.relative;
    counts.quarantined = 1;
    sink.quarantined(file.rejected);
  }
  return counts;
}

}  // namespace

ReadCounts read_part(const FilePart& part, const SourceSettings& source, BatchSink& sink) {
  std::unique_ptr<ByteStream> stream;
  ReadCounts counts;
  if (!is_whole(part)) {
    if (!splittable(source, part.path)) {
      throw DataError(part.path + ": cannot read from offset " + std::to_string(part.begin) +
                      ": no longer plain JSONL, it changed during the run");
    }
    stream = open_plain(part.path, part.begin > 0 ? part.begin - 1 : 0);
    counts = read_lines(*stream, part, source, sink);
    counts.raw_bytes = counts.decoded_bytes;
    return counts;
  }
  if (source.format == Format::hdf5) {
    Hdf5Reader rows(source, part.path);
    counts = read_records(rows, part, source, sink);
    counts.raw_bytes = std::filesystem::file_size(part.path);
    return counts;
  }
  stream = source.format == Format::command ? run_command(source.command, part.path)
                                            : open_decoded(part.path);
  counts = source.format == Format::text ? read_text(*stream, part, source, sink)
                                         : read_lines(*stream, part, source, sink);
  counts.raw_bytes = stream->raw_bytes();
  return counts;
}

bool splittable(const SourceSettings& source, const std::string& path) {
  if (source.format != Format::jsonl) return false;
  try {
    return compression_of(path) == Compression::none;
  } catch (const DataError&) {
    return false;  // read_part meets the same error and reports it
  }
}

}  // namespace shardmill
