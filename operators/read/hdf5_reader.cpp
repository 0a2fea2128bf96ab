#include "operators/read/hdf5_reader.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "operators/hdf5/id.hpp"
#include "operators/read/hdf5_rows.hpp"

namespace shardmill {
namespace {

// The first argument of the process; no command of the program has this name.
constexpr const char* kArgument = "hdf5-rows";
// A line is the JSON of a row, or the reason why there is none, or why the file cannot be read.
constexpr std::string_view kFileFault = "!";
constexpr std::array kRowFaults = {"too_long", "wrong_type"};
// Of a message: it names a dataset (at most 64 KiB in HDF5) and a path.
constexpr u64 kLongestMessage = u64{256} << 10;

constexpr std::size_t kWriteBytes = std::size_t{64} << 10;
// Processor time without a row: a block of rows takes a fraction of a second, the digest of a shard
// a second per GiB or two.
constexpr rlim_t kSeconds = 10;
constexpr u64 kBytesPerSecond = u64{64} << 20;
// Beside a few times max_record; only against sizes that damage made up.
constexpr u64 kMemory = u64{1} << 30;

std::vector<std::string> command(const SourceSettings& source) {
  std::vector<std::string> argv = {"/proc/self/exe", kArgument, source.group,
                                   std::to_string(source.max_record)};
  argv.insert(argv.end(), source.fields.begin(), source.fields.end());
  return argv;
}

void limit(decltype(RLIMIT_CPU) what, rlim_t amount) {
  rlimit limits{};
  ::getrlimit(what, &limits);
  limits.rlim_cur = std::min(amount, limits.rlim_max);
  ::setrlimit(what, &limits);
}

// From here on the process may compute for so many seconds; then SIGXCPU ends it.
void allow_processor_time(rlim_t seconds) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  limit(RLIMIT_CPU, static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds);
}

// Buffered lines on stdout; each buffer gets its processor time.
class Printer {
 public:
  explicit Printer(rlim_t seconds) : seconds_(seconds) { allow_processor_time(seconds_); }
  void line(std::string_view bytes) {
    text_ += bytes;
    text_ += '\n';
    if (text_.size() >= kWriteBytes) flush();
  }
  void flush() {
    for (std::size_t at = 0; at < text_.size();) {
      const ssize_t written = ::write(STDOUT_FILENO, text_.data() + at, text_.size() - at);
      if (written < 0 && errno != EINTR) throw ResourceError("cannot print rows");
      if (written > 0) at += static_cast<std::size_t>(written);
    }
    text_.clear();
    allow_processor_time(seconds_);
  }
  // Names of datasets may have newlines.
  void message(std::string words) {
    std::replace(words.begin(), words.end(), '\n', ' ');
    line(words);
  }

 private:
  const rlim_t seconds_;
  std::string text_;
};

void print_rows(const SourceSettings& source, const std::string& path) {
  std::error_code missing;  // which opening it reports
  const auto size = std::filesystem::file_size(path, missing);
  Printer printer(kSeconds + (missing ? 0 : size / kBytesPerSecond));
  try {
    Hdf5Rows rows(source, path);
    Line line;
    while (rows.next(line)) {
      if (line.fault == nullptr) {
        printer.line(line.bytes);
      } else {
        printer.message(line.fault + (" " + line.detail));
      }
    }
  } catch (const DataError& error) {
    printer.message(std::string(kFileFault) + error.what());
  }
  printer.flush();
}

// HDF5 has damaged the memory of its process, and not so that it crashed.
DataError no_rows(const std::string& path) {
  return DataError(path + ": what HDF5 reads is not what rows look like; the file is damaged");
}

// A line that is not JSON.
void take_fault(Line& line, const std::string& path) {
  const std::string said(line.bytes);
  if (said.starts_with(kFileFault)) throw DataError(said.substr(kFileFault.size()));
  const auto* const fault =
      std::find_if(kRowFaults.begin(), kRowFaults.end(),
                   [&](const char* name) { return said.starts_with(std::string(name) + " "); });
  if (fault == kRowFaults.end()) throw no_rows(path);
  line.bytes = {};
  line.fault = *fault;
  line.detail = said.substr(said.find(' ') + 1);
}

}  // namespace

Hdf5Reader::Hdf5Reader(const SourceSettings& source, const std::string& path)
    : path_(path),
      stream_(run_command(command(source), path, kCommandSilenceLimit, "HDF5")),
      lines_(*stream_, 0, UINT64_MAX, std::max(source.max_record, kLongestMessage)) {}

bool Hdf5Reader::next(Line& line) {
  if (!lines_.next(line)) return false;
  if (line.fault != nullptr) throw no_rows(path_);
  if (!line.bytes.starts_with('{')) take_fault(line, path_);
  line.offset = row_++;
  return true;
}

std::optional<int> serve_hdf5_rows(int argc, char** argv) {
  if (argc < 5 || std::string_view(argv[1]) != kArgument) return std::nullopt;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  prepare_hdf5();
  SourceSettings source;
  source.group = argv[2];
  source.max_record = std::strtoull(argv[3], nullptr, 10);
  source.fields.assign(argv + 4, argv + argc - 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they map terabytes
  limit(RLIMIT_DATA, kMemory + 8 * source.max_record);
#endif
  print_rows(source, argv[argc - 1]);
  return 0;
}

}  // namespace shardmill
