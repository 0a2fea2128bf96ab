// A gzip file that is the same for the same bytes, and appears only when it is whole.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "engine/store/file.hpp"

struct z_stream_s;

namespace shardmill {

class GzipFile {
 public:
  explicit GzipFile(const std::filesystem::path& path);
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile();
  // ResourceError: the disk.
  void write(std::string_view bytes);
  void commit();

 private:
  void deflate_all(std::string_view bytes, int flush);
  CommittedFile file_;
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace shardmill
