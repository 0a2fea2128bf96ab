#include "cluster/agree.hpp"

#include <exception>
#include <filesystem>
#include <new>
#include <string_view>

#include "cluster/host.hpp"
#include "cluster/signals.hpp"

namespace shardmill {
namespace {

// The mark, carried beside the kind so that callers still catch ConfigError and the like.
struct Agreed {
  virtual ~Agreed() = default;
};

template <class Kind>
struct AgreedError final : Kind, Agreed {
  using Kind::Kind;
};

enum class Outcome : char {
  kDone = 'd',
  kConfig = 'C',
  kData = 'D',
  kResource = 'R',
  kTransport = 'T',
  kInternal = 'I',
  kLocked = 'L',
  kStopped = 'S',
  kOther = 'O',  // an Error of none of these kinds: only its exit code travels
};

// What travels: outcome, whether it was agreed before, exit code, then bytes or message.
struct Report {
  Outcome outcome = Outcome::kDone;
  bool was_agreed = false;
  int exit_code = 0;
  std::string text;

  [[nodiscard]] std::string packed() const {
    std::string bytes{static_cast<char>(outcome), static_cast<char>(was_agreed),
                      static_cast<char>(exit_code)};
    return bytes += text;
  }
  static Report unpacked(const std::string& bytes) {
    return {static_cast<Outcome>(bytes.at(0)), bytes.at(1) != 0,
            static_cast<unsigned char>(bytes.at(2)), bytes.substr(3)};
  }
};

Outcome kind_of(const Error& error) {
  if (dynamic_cast<const ConfigError*>(&error) != nullptr) return Outcome::kConfig;
  if (dynamic_cast<const DataError*>(&error) != nullptr) return Outcome::kData;
  if (dynamic_cast<const ResourceError*>(&error) != nullptr) return Outcome::kResource;
  if (dynamic_cast<const TransportError*>(&error) != nullptr) return Outcome::kTransport;
  if (dynamic_cast<const InternalError*>(&error) != nullptr) return Outcome::kInternal;
  if (dynamic_cast<const LockedError*>(&error) != nullptr) return Outcome::kLocked;
  if (dynamic_cast<const Stopped*>(&error) != nullptr) return Outcome::kStopped;
  return Outcome::kOther;
}

// InternalError writes this before every message; it must not grow when the error travels.
constexpr std::string_view kInternalPrefix = "internal error: ";

std::string message_of(const Error& error) {
  std::string text = error.what();
  if (kind_of(error) == Outcome::kInternal && text.starts_with(kInternalPrefix)) {
    text.erase(0, kInternalPrefix.size());
  }
  return text;
}

// "cannot create directories: Permission denied [/data/out]"; the library says first what it is.
std::string message_of(const std::filesystem::filesystem_error& error) {
  constexpr std::string_view kPrefix = "filesystem error: ";
  const std::string_view text = error.what();
  return std::string(text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text);
}

Report report_of(const std::function<std::string()>& work) {
  try {
    return {Outcome::kDone, false, 0, work()};
  } catch (const Error& error) {
    return {kind_of(error), is_agreed(error), error.exit_code(), message_of(error)};
  } catch (const std::bad_alloc&) {
    return {Outcome::kResource, false, 1, "out of memory; give a smaller --memory or fewer ranks"};
  } catch (const std::filesystem::filesystem_error& error) {
    return {Outcome::kResource, false, 1, message_of(error)};
  } catch (const std::exception& error) {
    return {Outcome::kInternal, false, 1, error.what()};
  }
}

[[noreturn]] void throw_agreed(const Report& report) {
  switch (report.outcome) {
    case Outcome::kConfig:
      throw AgreedError<ConfigError>(report.text);
    case Outcome::kData:
      throw AgreedError<DataError>(report.text);
    case Outcome::kResource:
      throw AgreedError<ResourceError>(report.text);
    case Outcome::kTransport:
      throw AgreedError<TransportError>(report.text);
    case Outcome::kInternal:
      throw AgreedError<InternalError>(report.text);
    case Outcome::kLocked:
      throw AgreedError<LockedError>(report.text);
    case Outcome::kStopped:
      throw AgreedError<Stopped>(report.text);
    case Outcome::kDone:
    case Outcome::kOther:
      break;
  }
  throw AgreedError<Error>(report.text, report.exit_code);
}

}  // namespace

std::string agree(Communicator& control, const std::function<std::string()>& on_root) {
  std::string packed;
  if (control.is_root()) packed = report_of(on_root).packed();
  Report report = Report::unpacked(control.broadcast(packed));
  if (report.outcome != Outcome::kDone) throw_agreed(report);
  return std::move(report.text);
}

void agree_all(Communicator& control, const std::function<void()>& everywhere) {
  Report mine = report_of([&] {
    everywhere();
    return std::string();
  });
  // An error that was agreed before concerns all ranks alike: no rank is to be named.
  if (mine.outcome != Outcome::kDone && !mine.was_agreed && control.size() > 1) {
    mine.text =
        "rank " + std::to_string(control.rank().value) + " on " + host_name() + ": " + mine.text;
  }
  for (const std::string& packed : control.all_gather(mine.packed())) {
    const Report report = Report::unpacked(packed);
    if (report.outcome != Outcome::kDone) throw_agreed(report);
  }
}

void stop_if_asked(Communicator& control, const StopFlag& stop, const std::string& message) {
  if (control.any(stop.is_set())) fail_together(Stopped(message));
}

void fail_together(const Error& error) {
  throw_agreed({kind_of(error), true, error.exit_code(), message_of(error)});
}

bool is_agreed(const std::exception& error) {
  return dynamic_cast<const Agreed*>(&error) != nullptr;
}

}  // namespace shardmill
