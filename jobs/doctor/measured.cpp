#include "jobs/doctor/measured.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "engine/batch/wire.hpp"
#include "engine/observe/progress_text.hpp"

namespace shardmill {
namespace {

constexpr double kMB = 1e6;
constexpr u64 kMiB = u64{1} << 20;
// Below these a run waits for the machine more than it works.
constexpr double kSlowDataset = 100 * kMB;
constexpr double kSlowScratch = 200 * kMB;
constexpr double kSlowExchange = 100 * kMB;
constexpr u64 kLittleMemory = u64{1} << 30;  // of a rank
constexpr u64 kSharedMemory = 64 * kMiB;     // of a rank: what Open MPI takes at most
constexpr u64 kLittleSpace = u64{10} << 30;
constexpr u64 kFewFiles = 1024;
constexpr i64 kClockMs = 2000;

std::string bytes_text(double bytes) { return amount_text(bytes, "B"); }
std::string rate_text(double rate) { return bytes_text(rate) + "/s"; }

// The machines, each by its first rank, with how many ranks it has and what cores they may use: by
// default mpirun gives each a core of its own.
struct Node {
  const Measured* first = nullptr;
  u32 ranks = 0;
  std::set<u32> cores;
};
std::vector<Node> nodes_of(const std::vector<Measured>& ranks) {
  std::map<u32, Node> nodes;
  for (const Measured& rank : ranks) {
    Node& node = nodes[rank.node];
    if (node.first == nullptr) node.first = &rank;
    ++node.ranks;
    node.cores.insert(rank.cores.begin(), rank.cores.end());
  }
  std::vector<Node> list;
  for (const auto& [number, node] : nodes) list.push_back(node);
  return list;
}

// "a, b and 3 more"
std::string hosts_text(const std::vector<std::string>& hosts) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(hosts.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + printable(hosts[i]);
  }
  return hosts.size() > kMost ? text + " and " + std::to_string(hosts.size() - kMost) + " more"
                              : text;
}

// One line about a number that every machine has: the least of them, and which are below a limit.
Diagnosis least(const std::vector<Node>& nodes, const std::string& name, double limit,
                const std::string& advice, const std::function<double(const Node&)>& value,
                const std::function<std::string(double)>& shown) {
  double lowest = INFINITY;
  std::vector<std::string> below;
  std::map<std::string, double> by_host;
  for (const Node& node : nodes) {
    lowest = std::min(lowest, value(node));
    if (value(node) < limit) below.push_back(node.first->host);
    double& of_host = by_host.try_emplace(node.first->host, value(node)).first->second;
    of_host = std::min(of_host, value(node));
  }
  if (by_host.size() == 1) by_host.clear();
  const std::string what = name + " " + shown(lowest);
  if (below.empty()) return {Health::ok, what, "", std::move(by_host)};
  return {Health::slow, what + " (" + hosts_text(below) + ")", advice, std::move(by_host)};
}

Diagnosis ranks_line(const std::vector<Measured>& ranks, const std::vector<Node>& nodes) {
  const auto [fewest, most] = std::minmax_element(
      nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.ranks < b.ranks; });
  const auto counted = [](std::size_t n, const std::string& noun) {
    return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
  };
  const std::string each =
      std::to_string(fewest->ranks) +
      (fewest->ranks == most->ranks ? "" : " to " + std::to_string(most->ranks));
  const std::string what = counted(ranks.size(), "rank") + " on " +
                           counted(nodes.size(), "machine") +
                           (nodes.size() == 1 ? "" : ", " + each + " on each");
  for (const Node& node : nodes) {
    if (node.ranks > node.cores.size()) {
      return {Health::slow, what,
              printable(node.first->host) + " has " + std::to_string(node.cores.size()) +
                  " cores for " + std::to_string(node.ranks) +
                  " ranks: start one rank a core, or do not bind all ranks to the same cores"};
    }
  }
  if (fewest->ranks != most->ranks) {
    return {Health::slow, what,
            "work is dealt out by rank: give every machine as many, as with --map-by ppr:N:node"};
  }
  return {Health::ok, what, ""};
}

Diagnosis program_line(const std::vector<Measured>& ranks) {
  std::vector<std::string> others;
  for (const Measured& rank : ranks) {
    if (rank.program != ranks[0].program) others.push_back(rank.host);
  }
  if (others.empty()) return {Health::ok, "all ranks run the same program", ""};
  return {Health::wrong, "another program runs on " + hosts_text(others),
          "start one program from a folder that all machines see; two versions do not understand "
          "each other"};
}

Diagnosis view_line(const std::vector<Measured>& ranks, const FolderCheck& folder) {
  std::vector<std::string> blind;
  double latest = 0;
  for (const Measured& rank : ranks) {
    if (rank.seen != folder.token) blind.push_back(rank.host);
    latest = std::max(latest, rank.seen_after);
  }
  for (const u32 rank : folder.unseen) blind.push_back(ranks[rank].host);
  std::sort(blind.begin(), blind.end());
  blind.erase(std::unique(blind.begin(), blind.end()), blind.end());
  if (!blind.empty()) {
    return {Health::wrong, "the dataset's folder is another one on " + hosts_text(blind),
            "it must be on a file system that all machines share, at the same path"};
  }
  if (latest > 1) {
    return {Health::slow, "new files are seen after " + duration_text(latest) + " elsewhere",
            "mount with a shorter attribute cache (NFS: actimeo=1), or expect pauses"};
  }
  return {Health::ok, "all ranks see the same dataset folder", ""};
}

Diagnosis folder_line(const FolderCheck& folder) {
  std::string missing;
  const auto add = [&](bool good, const char* what) {
    if (!good) missing += std::string(missing.empty() ? "" : ", ") + what;
  };
  add(folder.renames, "exclusive renames");
  add(folder.links, "hard links");
  add(folder.locks, "locks");
  if (missing.empty()) return {Health::ok, "it has renames, hard links and locks", ""};
  return {Health::slow, "its file system lacks " + missing,
          folder.locks ? "unchanged shards are copied instead of linked"
                       : "a run that was killed keeps the dataset for a minute, and readers cannot "
                         "keep a snapshot from gc: mount it with locks (Lustre: -o flock)"};
}

Diagnosis lock_line(const std::vector<Measured>& ranks) {
  std::vector<std::string> blind;
  for (const Measured& rank : ranks) {
    if (!rank.lock_seen) blind.push_back(rank.host);
  }
  if (blind.empty()) return {Health::ok, "a lock keeps out all ranks", ""};
  return {Health::wrong,
          "a lock of " + printable(ranks[0].host) + " is not seen on " + hosts_text(blind),
          "two runs from different machines could write one dataset at once (Lustre: mount -o "
          "flock, not -o localflock)"};
}

Diagnosis clock_line(const std::vector<Measured>& ranks) {
  const auto [behind, ahead] = std::minmax_element(
      ranks.begin(), ranks.end(),
      [](const Measured& a, const Measured& b) { return a.clock_ms < b.clock_ms; });
  const i64 apart = ahead->clock_ms - behind->clock_ms;
  const std::string what =
      "clocks are " + duration_text(static_cast<double>(apart) / 1000) + " apart at most";
  if (apart <= kClockMs) return {Health::ok, what, ""};
  return {Health::slow, what + " (" + printable(behind->host) + ", " + printable(ahead->host) + ")",
          "run chrony or ntpd: times in logs mislead, results do not depend on them"};
}

Diagnosis copy_line(const std::vector<Measured>& ranks) {
  std::vector<std::string> hosts;
  int error = 0;
  for (const Measured& rank : ranks) {
    if (rank.memory_unread == 0) continue;
    error = rank.memory_unread;
    if (std::find(hosts.begin(), hosts.end(), rank.host) == hosts.end()) hosts.push_back(rank.host);
  }
  if (hosts.empty()) return {Health::ok, "ranks of a machine read each other's memory (CMA)", ""};
  return {Health::slow,
          "no reading of each other's memory (CMA) on " + hosts_text(hosts) + ": " +
              std::strerror(error),
          "messages are copied twice; sysctl kernel.yama.ptrace_scope=0 allows it, in a container "
          "also its seccomp profile (process_vm_readv)"};
}

}  // namespace

void Measured::append(std::string& bytes) const {
  WireWriter out(bytes);
  for (const std::string* text : {&host, &program, &seen}) out.text(*text);
  for (const u64 number :
       {u64{node}, memory, shared_memory, static_cast<u64>(memory_unread), open_files,
        static_cast<u64>(clock_ms), u64{lock_seen}, dataset_free, scratch_free}) {
    out.number(number);
  }
  out.number(cores.size());
  for (const u32 core : cores) out.number(core);
  for (const double value : {seen_after, dataset_rate, scratch_rate, exchange_rate}) {
    out.number(std::bit_cast<u64>(value));
  }
}

Measured Measured::read(std::string_view bytes) {
  WireReader in(bytes, "what a rank measured");
  Measured m;
  for (std::string* text : {&m.host, &m.program, &m.seen}) *text = in.text();
  m.node = narrow<u32>(in.number());
  m.memory = in.number();
  m.shared_memory = in.number();
  m.memory_unread = static_cast<int>(in.number());
  m.open_files = in.number();
  m.clock_ms = static_cast<i64>(in.number());
  m.lock_seen = in.number() != 0;
  m.dataset_free = in.number();
  m.scratch_free = in.number();
  for (u64 n = in.number(); n > 0; --n) m.cores.insert(narrow<u32>(in.number()));
  for (double* value : {&m.seen_after, &m.dataset_rate, &m.scratch_rate, &m.exchange_rate}) {
    *value = std::bit_cast<double>(in.number());
  }
  return m;
}

std::vector<Diagnosis> diagnose(const std::vector<Measured>& ranks, const FolderCheck& folder) {
  const std::vector<Node> nodes = nodes_of(ranks);
  const auto bytes = [](double value) { return bytes_text(value); };
  std::vector<Diagnosis> lines = {ranks_line(ranks, nodes), program_line(ranks),
                                  view_line(ranks, folder), folder_line(folder)};
  if (folder.locks && ranks.size() > 1) lines.push_back(lock_line(ranks));
  lines.push_back(clock_line(ranks));
  lines.push_back(least(
      nodes, "memory of a rank, at least", static_cast<double>(kLittleMemory),
      "fewer ranks on a machine, or more memory for the job (Slurm: --mem-per-cpu): less spills",
      [](const Node& node) {
        return static_cast<double>(node.first->memory) / static_cast<double>(node.ranks);
      },
      bytes));
  if (ranks.size() > nodes.size()) {
    Diagnosis shared = least(
        nodes, "/dev/shm of a rank, at least", static_cast<double>(kSharedMemory),
        "messages inside a machine go through it: containers get more with --shm-size=2g",
        [](const Node& node) {
          return static_cast<double>(node.first->shared_memory) / static_cast<double>(node.ranks);
        },
        bytes);
    if (shared.health != Health::ok) shared.health = Health::wrong;
    lines.push_back(std::move(shared));
    lines.push_back(copy_line(ranks));
  }
  lines.push_back(least(
      nodes, "open files, at least", static_cast<double>(kFewFiles), "ulimit -n 4096",
      [](const Node& node) { return static_cast<double>(node.first->open_files); },
      [](double value) { return amount_text(value, ""); }));
  const auto rate = [](double value) { return rate_text(value); };
  lines.push_back(least(
      nodes, "the dataset's folder is written, at least, at", kSlowDataset,
      "shards and the store go there; another file system, or more stripes (Lustre: lfs setstripe)",
      [](const Node& node) { return node.first->dataset_rate; }, rate));
  lines.push_back(least(
      nodes, "scratch is written, at least, at", kSlowScratch,
      "give --scratch a local disk: what does not fit in memory goes there",
      [](const Node& node) { return node.first->scratch_rate; }, rate));
  lines.push_back(least(
      nodes, "free for the dataset", static_cast<double>(kLittleSpace),
      "`shardmill plan` says how much a run writes; `shardmill gc` makes room",
      [](const Node& node) { return static_cast<double>(node.first->dataset_free); }, bytes));
  lines.push_back(least(
      nodes, "free for scratch, at least", static_cast<double>(kLittleSpace),
      "`shardmill plan` says how much a run may need there",
      [](const Node& node) { return static_cast<double>(node.first->scratch_free); }, bytes));
  if (ranks.size() > 1) {
    // Every rank for itself: a slow card or cable shows in those of its machine.
    std::vector<Node> each;
    for (const Measured& rank : ranks) each.push_back({&rank, 1, {}});
    lines.push_back(least(
        each, "rows go to other ranks, at least, at", kSlowExchange,
        "look at the network that MPI chose (OMPI_MCA_btl_tcp_if_include), and whether other jobs "
        "run there",
        [](const Node& rank) { return rank.first->exchange_rate; },
        [&](double value) { return rate_text(value) + " a rank"; }));
  }
  return lines;
}

}  // namespace shardmill
