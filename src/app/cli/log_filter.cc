// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_filter.h"

#include <utility>

namespace stayd::app {

namespace {

// Lines that wait to become context.
constexpr std::size_t most_waiting_bytes = 16u << 20;

}  // namespace

Result<bool> LogFilter::matches(const journal::LogLine& line) {
  parts_.clear();
  if (!pattern_ || line.is_notice()) return true;
  const std::string text = searched_text(style_, line);
  if (wanted_->inverted) return !TRY(pattern_->matches(text));
  if (!TRY(pattern_->matches(text))) return false;
  if (style_.colours) TRY(pattern_->find_all(text, parts_));
  return true;
}

void LogFilter::print_waiting() {
  if (!wanted_) return;
  const bool has_context = wanted_->before + wanted_->after > 0;
  if (has_context && printed_ && skipped_) printer_.print_separator();
  for (const Kept& kept : before_) printer_.print(*kept.source, kept.line);
  before_.clear();
  before_bytes_ = 0;
  skipped_ = false;
  printed_ = true;
}

void LogFilter::keep(const LogSource& source, const journal::LogLine& line) {
  const std::size_t most = wanted_->before;
  before_.push_back({.source = &source, .line = line});
  before_bytes_ += line.text.size();
  while (before_.size() > most || before_bytes_ > most_waiting_bytes) {
    before_bytes_ -= before_.front().line.text.size();
    before_.pop_front();
    skipped_ = true;
  }
}

Status LogFilter::take(const LogSource& source, const journal::LogLine& line) {
  if (TRY(matches(line))) {
    print_waiting();
    printer_.print(source, line, parts_);
    after_left_ = wanted_ ? wanted_->after : 0;
  } else if (after_left_ > 0) {
    --after_left_;
    printer_.print(source, line);
  } else {
    keep(source, line);
  }
  return {};
}

}  // namespace stayd::app
