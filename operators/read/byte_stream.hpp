// A file's bytes, decoded, front to back.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills the front of `into` (not empty) with at least one byte; 0 only at the end.
  // Throws DataError (path, offset, reason).
  virtual std::size_t read(std::span<char> into) = 0;
  // How many bytes were taken from the file (of a command: from its stdout) so far.
  [[nodiscard]] virtual u64 raw_bytes() const = 0;
};

// Of UTF-8; at the start of a file it is no part of the content.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

enum class Compression { none, gzip, zstd };

// By the file's first bytes, never by its name. Throws DataError when the file does not open, and
// when its name ends in .gz or .zst, it is not empty and its bytes are neither.
[[nodiscard]] Compression compression_of(const std::string& path);

// The bytes as they stand, from `offset` on.
[[nodiscard]] std::unique_ptr<ByteStream> open_plain(const std::string& path, u64 offset);
// The bytes of a file, decoded according to compression_of.
[[nodiscard]] std::unique_ptr<ByteStream> open_decoded(const std::string& path);

// RFC 1952, any number of members one after the other. CRC and length of each are checked; bytes
// behind the last member, zeros too, are corruption. `path` is for messages.
[[nodiscard]] std::unique_ptr<ByteStream> decode_gzip(std::unique_ptr<ByteStream> raw,
                                                      std::string path);
// RFC 8878, any number of frames, skippable ones too; windows up to 2^31 bytes.
[[nodiscard]] std::unique_ptr<ByteStream> decode_zstd(std::unique_ptr<ByteStream> raw,
                                                      std::string path);

inline constexpr std::chrono::milliseconds kCommandSilenceLimit = std::chrono::minutes(10);

// The stdout of `argv` + path, run without a shell, stdin empty. The end of the stream is only
// reached when the program has exited with status 0; a failure, or no output on stdout or stderr
// for `silence_limit`, is a DataError with the last 2 KiB of stderr. The program and what it
// started (its process group) are killed when the stream is destroyed before its end. Messages call
// it `name`, by default the program's.
[[nodiscard]] std::unique_ptr<ByteStream> run_command(
    const std::vector<std::string>& argv, const std::string& path,
    std::chrono::milliseconds silence_limit = kCommandSilenceLimit, const std::string& name = {});

}  // namespace shardmill
