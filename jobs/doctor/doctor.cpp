#include "jobs/doctor/doctor.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "cluster/agree.hpp"
#include "cluster/node_memory.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"
#include "jobs/command/output.hpp"
#include "jobs/doctor/measured.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr u64 kProbeBytes = u64{64} << 20;
constexpr std::size_t kRowBytes = 1024;
constexpr double kLongestSeconds = 10;  // for a file to be seen elsewhere

double seconds_since(Clock::time_point begun) {
  return std::max(1e-9, std::chrono::duration<double>(Clock::now() - begun).count());
}

u64 space(const fs::path& path, bool all) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return 0;
  return u64{all ? status.f_blocks : status.f_bavail} * status.f_frsize;
}

std::set<u32> usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::set<u32> cores;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (u32 core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.insert(core);
  }
  return cores;
}

u64 open_files() {
  struct rlimit limit {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::string program_hash() {
  Hasher128 hash;
  const File file = File::open_read("/proc/self/exe");
  std::string block(u64{1} << 20, '\0');
  for (u64 at = 0;;) {
    const std::size_t got = file.read_at(at, block);
    if (got == 0) return hash.digest().hex();
    hash.add(std::string_view(block).substr(0, got));
    at += got;
  }
}

// Bytes per second; the file is gone afterwards.
double write_rate(const fs::path& path, bool sync) {
  const std::string block(u64{4} << 20, 'x');
  const auto begun = Clock::now();
  File file = File::create(path);
  for (u64 at = 0; at < kProbeBytes; at += block.size()) file.append(block);
  if (sync) file.sync();
  file.close();
  const double rate = static_cast<double>(kProbeBytes) / seconds_since(begun);
  fs::remove(path);
  return rate;
}

// Reads a file that another machine has just written; nothing when it does not come.
std::optional<std::string> seen_file(const fs::path& path) {
  const auto begun = Clock::now();
  while (seconds_since(begun) < kLongestSeconds) {
    try {
      return read_whole_file(path);
    } catch (const DataError&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  return std::nullopt;
}

class Ignored final : public RowSink {
 public:
  void accept(std::span<const std::byte>) override {}
};

// Rows to ranks of other machines, or to all others when there is one machine only.
double exchange_rate(Cluster& cluster, const Topology& topology) {
  std::vector<Rank> others;
  for (u32 rank = 0; rank < cluster.size(); ++rank) {
    const bool away = topology.node_of[rank] != topology.node_of[cluster.rank().value];
    if (rank != cluster.rank().value && (away || topology.nodes == 1)) others.push_back({rank});
  }
  Ignored sink;
  cluster.control.barrier();
  const auto begun = Clock::now();
  Exchange exchange(cluster, "doctor", kRowBytes, sink);
  const std::vector<std::byte> row(kRowBytes);
  for (u64 sent = 0; sent < kProbeBytes && !others.empty(); sent += kRowBytes) {
    exchange.put(others[sent / kRowBytes % others.size()], row);
  }
  exchange.finish();
  return static_cast<double>(kProbeBytes) / seconds_since(begun);
}

// What Open MPI does with large messages inside a machine: reads some bytes of the next rank there.
// Returns errno; 0 also when there is no other one.
int memory_unread(Cluster& cluster, const Topology& topology) {
  const u64 token = mix64(cluster.rank().value + 1);
  const std::string mine =
      std::to_string(::getpid()) + " " + std::to_string(reinterpret_cast<std::uintptr_t>(&token));
  const std::vector<std::string> all = cluster.control.all_gather(mine);
  const u32 here = cluster.rank().value;
  u32 next = (here + 1) % cluster.size();
  while (topology.node_of[next] != topology.node_of[here]) next = (next + 1) % cluster.size();
  int error = 0;
  if (next != here) {
    std::size_t length = 0;
    const pid_t process = std::stoi(all[next], &length);
    u64 read = 0;
    const iovec to{&read, sizeof read};
    const iovec from{reinterpret_cast<void*>(std::stoull(all[next].substr(length))), sizeof read};
    if (::process_vm_readv(process, &to, 1, &from, 1, 0) < 0) {
      error = errno;
    } else if (read != mix64(next + 1)) {
      error = EFAULT;
    }
  }
  cluster.control.barrier();  // the token stays until all have read
  return error;
}

// How far this rank's clock is ahead of rank 0's; as exact as a message is quick.
i64 clock_ahead_ms(Communicator& control) {
  control.barrier();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const i64 mine = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return mine - std::stoll(control.broadcast(std::to_string(mine)));
}

// A folder inside the dataset's for what the ranks try out.
class TryFolder {
 public:
  TryFolder(Communicator& control, const fs::path& dataset)
      : path_(dataset / (".doctor-" + agree(control, [&] {
                           made_ = !fs::exists(dataset);
                           dataset_ = dataset;
                           const std::string name = std::to_string(::getpid());
                           std::error_code error;
                           if (made_) fs::create_directory(dataset, error);  // not its parents
                           if (!error) fs::create_directory(dataset / (".doctor-" + name), error);
                           if (error) {
                             throw ResourceError(dataset.string() +
                                                 ": cannot be written: " + error.message());
                           }
                           return name;
                         }))) {}
  TryFolder(const TryFolder&) = delete;
  TryFolder& operator=(const TryFolder&) = delete;
  ~TryFolder() {
    if (dataset_.empty()) return;  // not rank 0
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (made_) fs::remove(dataset_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path of_rank(u32 rank) const {
    return path_ / ("rank-" + std::to_string(rank));
  }

 private:
  bool made_ = false;
  fs::path dataset_;
  fs::path path_;
};

// An open file with an exclusive lock, or without when somebody has it.
class Locked {
 public:
  explicit Locked(const fs::path& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    locked_ = descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] bool holds() const { return locked_; }

 private:
  int descriptor_;
  bool locked_;
};

void try_names(const fs::path& folder, FolderCheck& check) {
  write_file_atomically(folder / "a", "a");
  write_file_atomically(folder / "b", "b");
  check.renames = ::renameat2(AT_FDCWD, (folder / "a").c_str(), AT_FDCWD, (folder / "c").c_str(),
                              RENAME_NOREPLACE) == 0 &&
                  ::renameat2(AT_FDCWD, (folder / "b").c_str(), AT_FDCWD, (folder / "c").c_str(),
                              RENAME_NOREPLACE) != 0;
  check.links = ::link((folder / "b").c_str(), (folder / "d").c_str()) == 0;
}

std::string health_name(Health health) {
  return health == Health::ok ? "ok" : health == Health::slow ? "slow" : "wrong";
}

int show(const std::vector<Diagnosis>& lines, bool as_json) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::string text;
  bool wrong = false;
  for (const Diagnosis& line : lines) {
    wrong = wrong || line.health == Health::wrong;
    const std::string health = health_name(line.health);
    json.push_back({{"health", health}, {"what", line.what}, {"advice", line.advice}});
    if (!line.by_host.empty()) json.back()["by_host"] = line.by_host;
    text += health + std::string(7 - health.size(), ' ') + line.what + "\n";
    if (!line.advice.empty()) text += "       " + line.advice + "\n";
  }
  Output output;
  output.write(
      as_json ? json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"
              : text);
  output.finish();
  return wrong ? 1 : 0;
}

}  // namespace

int examine(const Arguments& arguments, Cluster& cluster, const Topology& topology) {
  Communicator& control = cluster.control;
  const u32 rank = cluster.rank().value;
  const TryFolder folder(control, fs::absolute(arguments.directory));
  const fs::path scratch = cluster.scratch.folder;
  Measured mine;
  FolderCheck check;
  mine.host = topology.hosts[rank];
  mine.node = topology.node_of[rank];
  agree_all(control, [&] {
    mine.program = program_hash();
    mine.cores = usable_cores();
    mine.memory = node_memory(process_environment()).value;
    mine.shared_memory = space("/dev/shm", true);
    mine.open_files = open_files();
    mine.scratch_free = space(scratch, false);
  });
  mine.clock_ms = clock_ahead_ms(control);
  mine.memory_unread = memory_unread(cluster, topology);

  check.token = agree(control, [&] {
    const std::string token = std::to_string(Clock::now().time_since_epoch().count());
    write_file_atomically(folder.path() / "token", token);
    try_names(folder.path(), check);
    return token;
  });
  const auto begun = Clock::now();
  const auto seen = seen_file(folder.path() / "token");
  mine.seen = seen.value_or("");
  mine.seen_after = seconds_since(begun);
  // A rank that does not see the folder has no place to write: others tell it.
  if (seen) {
    mine.dataset_free = space(folder.path(), false);
    write_file_atomically(folder.of_rank(rank), mine.host);
  }
  control.barrier();
  if (control.is_root()) {
    for (u32 other = 0; other < cluster.size(); ++other) {
      if (!seen_file(folder.of_rank(other))) check.unseen.push_back(other);
    }
  }
  {
    std::optional<Locked> lock;
    if (control.is_root()) lock.emplace(folder.path() / "token");
    check.locks = control.any(lock && lock->holds());
    if (!control.is_root() && check.locks && seen) {
      mine.lock_seen = !Locked(folder.path() / "token").holds();
    }
    control.barrier();
  }
  // One rank of a machine at a time writes; the others of it would only share the disk.
  agree_all(control, [&] {
    if (topology.local_rank != 0) return;
    if (seen)
      mine.dataset_rate = write_rate(folder.path() / ("rate-" + std::to_string(rank)), true);
    mine.scratch_rate = write_rate(scratch / "rate", false);
    cluster.watchdog.progress();
  });
  if (cluster.size() > 1) mine.exchange_rate = exchange_rate(cluster, topology);

  std::string bytes;
  mine.append(bytes);
  std::vector<Measured> all;
  for (const std::string& theirs : control.all_gather(bytes)) all.push_back(Measured::read(theirs));
  const std::string code =
      agree(control, [&] { return std::to_string(show(diagnose(all, check), arguments.json)); });
  return std::stoi(code);
}

}  // namespace shardmill
