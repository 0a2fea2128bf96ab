// HDF5 as JSON lines, read by a process of its own: HDF5 1.10 crashes or never ends in some damaged
// files, and a damaged heap would be that of the rank.
//
//   hdf5_rows.hpp in `PROGRAM hdf5-rows …` ─▶ pipe ─▶ Hdf5Reader ─▶ RecordParser
//
// A program that reads HDF5 gives its main to serve_hdf5_rows() first.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "operators/read/byte_stream.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

class Hdf5Reader {
 public:
  Hdf5Reader(const SourceSettings& source, const std::string& path);
  // As Hdf5Rows::next, the file's own faults included: throws DataError (path, dataset, what was
  // expected), also when HDF5 crashes, computes for 10 s (more for large files) without a row, or
  // is silent for kCommandSilenceLimit.
  bool next(Line& line);
  // JSON of the rows gone by.
  [[nodiscard]] u64 bytes() const { return lines_.bytes(); }

 private:
  const std::string path_;
  std::unique_ptr<ByteStream> stream_;
  LineReader lines_;
  u64 row_ = 0;
};

// When the program was started by a Hdf5Reader: prints the rows and returns its exit status.
// Otherwise nothing, and nothing has happened.
[[nodiscard]] std::optional<int> serve_hdf5_rows(int argc, char** argv);

}  // namespace shardmill
