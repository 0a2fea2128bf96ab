#include "engine/observe/progress_line.hpp"

namespace shardmill {
namespace {

constexpr auto kBarInterval = std::chrono::milliseconds(200);  // smooth, yet cheap over ssh
constexpr auto kLineInterval = std::chrono::seconds(30);       // two lines a minute in a log file

}  // namespace

void ProgressLine::begin(const StageProgress& progress, Clock::time_point now) {
  last_ = now;
  if (form_ == ProgressForm::bar) draw(bar_text(progress));
}

void ProgressLine::show(const StageProgress& progress, Clock::time_point now) {
  if (form_ == ProgressForm::bar && now - last_ >= kBarInterval) {
    last_ = now;
    draw(bar_text(progress));
  } else if (form_ == ProgressForm::line && now - last_ >= kLineInterval) {
    last_ = now;
    message(line_text(progress));
  }
}

void ProgressLine::end(const StageProgress& progress, bool whole) {
  if (form_ != ProgressForm::none) message(end_text(progress, whole));
}

void ProgressLine::message(const std::string& text) {
  // One insertion: lines of several ranks on one terminal do not mix.
  const std::string line = printable(text) + '\n';
  erase();
  out_ << line << std::flush;
}

void ProgressLine::draw(const std::string& text) {
  // Blanks over the rest of a longer bar; every terminal knows them.
  const std::size_t rest = drawn_ > text.size() ? drawn_ - text.size() : 0;
  out_ << '\r' + text + std::string(rest, ' ') << std::flush;
  drawn_ = text.size();
}

void ProgressLine::erase() {
  if (drawn_ == 0) return;
  out_ << '\r' + std::string(drawn_, ' ') + '\r' << std::flush;
  drawn_ = 0;
}

}  // namespace shardmill
