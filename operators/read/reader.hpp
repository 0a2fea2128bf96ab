// Reads one part of a file as batches of documents.
//
//   file ─▶ ByteStream (gzip, zstd, command) ─▶ LineReader ─▶ RecordParser ─▶ Batch ─▶ BatchSink
//
// CSV has a CsvReader for the LineReader, HDF5 a Hdf5Reader for both.
//
// Memory: two buffers of about 1 MiB and, for long records, up to max_record each; never the file.
#pragma once

#include <string>

#include "engine/batch/batch.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Documents in the order of their keys, at least one, from about 1 MiB of input. The reader
  // clears the batch afterwards; the sink may change or move it.
  virtual void batch(Batch& batch) = 0;
  // In the order of the file among themselves; may come before documents that stand earlier.
  virtual void quarantined(const Quarantined& record) = 0;
};

struct ReadCounts {
  u64 records = 0;      // documents given to the sink
  u64 quarantined = 0;  // records that were not documents
  u64 raw_bytes = 0;    // as stored, of a command: as printed
  u64 decoded_bytes = 0;
  // Of plain JSONL both bytes are those of the part's lines: they add up to the file's size.
};

// Throws DataError (file, offset, reason) when the file as a whole cannot be trusted: it does not
// open, is truncated or corrupt, or its command fails. What the sink got from it by then must be
// thrown away.
ReadCounts read_part(const FilePart& part, const SourceSettings& source, BatchSink& sink);

// Whether parts may have byte ranges: plain, uncompressed JSONL. False for a file that does not
// open; reading it says why.
[[nodiscard]] bool splittable(const SourceSettings& source, const std::string& path);

}  // namespace shardmill
