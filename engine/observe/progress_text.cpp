#include "engine/observe/progress_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace shardmill {
namespace {

constexpr std::size_t kColumns = 79;  // of the narrowest usual terminal, less one for the cursor
constexpr std::size_t kNameColumns = 24;
constexpr std::size_t kBarColumns = 20;  // 5 % each

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 64> text{};
  // NOLINTNEXTLINE: numbers only, by formats of this file
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string scaled(double amount, double step, std::array<const char*, 6> prefixes) {
  std::size_t i = 0;
  // What would be rounded to a full step is shown in the next multiple.
  while (i + 1 < prefixes.size() && amount >= step - 0.05) {
    amount /= step;
    ++i;
  }
  return formatted(amount < 99.95 ? "%.1f" : "%.0f", amount) + prefixes[i];
}

std::string about(const StageProgress& progress, double amount) {
  return (progress.estimated ? "~" : "") + amount_text(amount, progress.unit);
}

std::string rate_text(const StageProgress& progress) {
  const auto rate = progress.rate();
  return rate ? about(progress, *rate) + "/s" : "";
}

std::string percent_text(double share) {
  // Rounded down: 100 % is not promised before it is reached.
  return formatted("%3d%%", static_cast<int>(share * 100));
}

}  // namespace

std::optional<double> StageProgress::share() const {
  if (total == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

std::optional<double> StageProgress::rate() const {
  if (done == 0 || seconds <= 0) return std::nullopt;
  return static_cast<double>(done) / seconds;
}

std::optional<double> StageProgress::eta_seconds() const {
  const auto speed = rate();
  if (total == 0 || !speed) return std::nullopt;
  return done >= total ? 0 : static_cast<double>(total - done) / *speed;
}

std::string amount_text(double amount, const std::string& unit) {
  if (unit == "B") {
    if (amount < 1023.5) return formatted("%.0f B", amount);
    return scaled(amount / 1024, 1024, {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"});
  }
  const std::string named = unit.empty() ? "" : " " + printable(unit);
  // A rate below ten a second would lose half its meaning without a decimal.
  if (amount < 10 && amount != std::floor(amount)) return formatted("%.1f", amount) + named;
  if (amount < 9999.5) return formatted("%.0f", amount) + named;
  return scaled(amount / 1000, 1000, {"k", "M", "G", "T", "P", "E"}) + named;
}

std::string duration_text(double seconds) {
  if (seconds < 59.95) return formatted("%.1f s", seconds);
  const double rounded = std::round(seconds);
  if (rounded < 3600) {
    return formatted("%.0f min %02.0f s", std::floor(rounded / 60), std::fmod(rounded, 60));
  }
  const double minutes = std::round(seconds / 60);
  return formatted("%.0f h %02.0f min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

std::string bar_text(const StageProgress& progress) {
  std::string text = printable(progress.name).substr(0, kNameColumns);
  if (const auto share = progress.share()) {
    const auto full = static_cast<std::size_t>(*share * kBarColumns);
    text += ' ' + percent_text(*share) + " [" + std::string(full, '#') +
            std::string(kBarColumns - full, '.') + ']';
  } else {
    text += "  " + about(progress, static_cast<double>(progress.done));
  }
  if (const auto rate = rate_text(progress); !rate.empty()) text += "  " + rate;
  if (const auto eta = progress.eta_seconds()) {
    text += "  " + duration_text(*eta) + " left";
  } else {
    text += "  " + duration_text(progress.seconds);
  }
  return text.substr(0, kColumns);
}

std::string line_text(const StageProgress& progress) {
  std::string text = "shardmill: " + printable(progress.name) + ": ";
  if (!progress.part.empty()) text += printable(progress.part) + ": ";
  const std::string done = about(progress, static_cast<double>(progress.done));
  if (const auto share = progress.share()) {
    const std::string percent = percent_text(*share);
    text += percent.substr(percent.find_first_not_of(' ')) + " (" + done + " of " +
            about(progress, static_cast<double>(progress.total)) + ")";
  } else {
    text += done + " in " + duration_text(progress.seconds);
  }
  if (const auto rate = rate_text(progress); !rate.empty()) text += ", " + rate;
  if (const auto eta = progress.eta_seconds()) text += ", " + duration_text(*eta) + " left";
  return text;
}

std::string end_text(const StageProgress& progress, bool whole) {
  std::string text = "shardmill: " + printable(progress.name) + ": ";
  if (!whole) text += "ended early: ";
  // Stages without units of their own (a sort, a commit) have a time only.
  if (progress.done > 0 || progress.total > 0) {
    text += about(progress, static_cast<double>(progress.done)) + " in ";
  }
  text += duration_text(progress.seconds);
  if (const auto rate = rate_text(progress); !rate.empty()) text += " (" + rate + ")";
  return text;
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const u8 byte = static_cast<u8>(c);
    if (byte < 0x20 || byte == 0x7F) c = '?';
  }
  return out;
}

}  // namespace shardmill
