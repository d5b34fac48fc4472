// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_printer.h"

#include <algorithm>
#include <vector>

#include "app/cli/log_export.h"
#include "app/cli/log_time.h"
#include "base/text.h"
#include "control/json_writer.h"
#include "journal/shown_text.h"

namespace stayd::app {

namespace {

constexpr std::size_t most_waiting = 64u << 10;
constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view emphasis = "\x1b[1;31m";
constexpr std::string_view dim = "\x1b[2m";

std::string count_of(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + ' ' + std::string(what) + (count == 1 ? "" : "s");
}

std::string words_of(const journal::LogLine& line) {
  if (line.lost > 0) return format_bytes(line.lost) + " of output were not kept here";
  if (line.unreadable > 0) {
    return format_bytes(line.unreadable) + " or more cannot be read here: " + printable(line.text);
  }
  return count_of(line.missing_segments, "segment") + " of the log had been removed here";
}

/// Between carriage returns: what a terminal showed before it was overwritten.
struct State {
  std::string_view text;
  std::size_t begin = 0;  ///< in what is searched of the whole line
  std::size_t end = 0;
};

bool overlap(const State& state, const MatchedPart& part) {
  return part.begin < state.end && part.end > state.begin;
}

/// The last state of `text` in which something matched; where nothing did, the last one.
State state_to_show(std::string_view text, std::span<const MatchedPart> matched) {
  constexpr std::size_t shown_return = 2;  // "\r"
  if (matched.empty()) return {.text = text.substr(text.rfind('\r') + 1)};
  State state, found;
  std::string shown;
  while (true) {
    state.text = text.substr(0, text.find('\r'));
    shown.clear();
    journal::append_shown(shown, state.text, journal::Colours::removed);
    state.end = state.begin + shown.size();
    const bool is_last = state.text.size() == text.size();
    const bool has_match =
        std::ranges::any_of(matched, [&](const MatchedPart& part) { return overlap(state, part); });
    if (has_match || (is_last && found.text.data() == nullptr)) found = state;
    if (is_last) return found;
    text.remove_prefix(state.text.size() + 1);
    state.begin = state.end + shown_return;
  }
}

/// Bytes of the SGR sequence at `at`; append_shown lets no other through.
std::size_t colour_length(std::string_view text, std::size_t at) {
  return text[at] == '\x1b' ? text.find('m', at) + 1 - at : 0;
}

/// `shown` (with its colours) with the matched parts of it (counted without colours) emphasised.
void append_emphasised(std::string& out, std::string_view shown,
                       std::span<const MatchedPart> matched) {
  std::string own;  // colours that are in force
  std::size_t plain = 0;
  for (std::size_t at = 0; at < shown.size();) {
    if (const std::size_t length = colour_length(shown, at); length > 0) {
      const std::string_view colour = shown.substr(at, length);
      if (colour == reset) own.clear();
      own += colour;
      out += colour;
      at += length;
      continue;
    }
    if (!matched.empty() && plain == matched[0].begin) out += emphasis;
    out += shown[at++];
    if (!matched.empty() && ++plain == matched[0].end) {
      out.append(reset).append(own);
      matched = matched.subspan(1);
    } else if (matched.empty()) {
      ++plain;
    }
  }
}

}  // namespace

std::string searched_text(const LogStyle& style, const journal::LogLine& line) {
  if (style.format == LogFormat::plain && !style.terminal) return line.text;
  std::string shown;
  journal::append_shown(shown, line.text, journal::Colours::removed);
  return shown;
}

bool LogPrinter::flush() {
  if (!out_.empty() && !app::print(out_)) gone_ = true;
  out_.clear();
  return !gone_;
}

bool LogPrinter::continues(const LogSource& source, const journal::LogLine& line) const {
  if (!open_ || line.is_notice()) return false;
  if (open_->instance != source.instance || open_->kind != source.kind) return false;
  return is_raw() || line.run == no_run || open_->run == no_run || open_->run == line.run;
}

void LogPrinter::break_line() {
  if (std::exchange(open_, std::nullopt)) out_ += '\n';
}

void LogPrinter::end() {
  if (is_raw()) {
    open_.reset();
  } else {
    break_line();
  }
}

void LogPrinter::print_separator() {
  if (style_.format == LogFormat::json || style_.format == LogFormat::export_entries) return;
  break_line();
  out_ += "--\n";
}

void LogPrinter::begin_line(const LogSource& source, const journal::LogLine& line) {
  break_line();
  if (style_.format == LogFormat::plain) return;
  constexpr std::int64_t shown_ns = 1'000'000;
  const bool has_time = line.time_known || (line.is_notice() && line.at.wall.ns > 0);
  const Prefix wanted{.source = &source,
                      .at = has_time ? line.at.wall.ns / shown_ns : -1,
                      .width = style_.name_width,
                      .text = {}};
  if (!prefix_.is_same(wanted)) {
    prefix_ = wanted;
    prefix_.text = prefix_of(source, has_time ? std::optional(line.at.wall) : std::nullopt);
  }
  out_ += prefix_.text;
}

std::string LogPrinter::prefix_of(const LogSource& source, std::optional<WallTime> at) const {
  const auto time = style_.format == LogFormat::brief_iso ? LocalTime::iso : LocalTime::brief;
  std::string text = at ? format_local(*at, time) : "-";
  text += ' ';
  if (!style_.prefix) return text;
  if (style_.colours) {
    text += "\x1b[" + std::to_string(journal::colour_of_name(source.instance)) + "m";
  }
  text += source.instance;
  text.append(style_.name_width - std::min(style_.name_width, source.instance.size()), ' ');
  text += style_.colours ? " |\x1b[0m " : " | ";
  return text;
}

void LogPrinter::print_notice(const journal::LogLine& line) {
  out_ += "-- " + words_of(line) + " --\n";
}

void LogPrinter::print_text(const journal::LogLine& line, std::span<const MatchedPart> matched) {
  if (is_raw()) {
    out_ += line.text;
    return;
  }
  std::string_view text = line.text;
  while (style_.terminal && text.ends_with('\r')) text.remove_suffix(1);
  constexpr std::ptrdiff_t few_states = 3;
  const bool is_bar = style_.terminal && std::ranges::count(text, '\r') >= few_states;
  return is_bar ? print_state(text, matched) : print_shown(text, matched);
}

/// Of a progress bar.
void LogPrinter::print_state(std::string_view text, std::span<const MatchedPart> matched) {
  const State state = state_to_show(text, matched);
  const auto others = static_cast<std::uint64_t>(std::ranges::count(text, '\r'));
  const bool is_last = state.text.end() == text.end();
  if (style_.colours) out_ += dim;
  out_ += '[' +
          (is_last ? count_of(others, "state") + " overwritten" : count_of(others, "other state")) +
          ']';
  out_.append(style_.colours ? reset : "").append(" ");
  std::vector<MatchedPart> parts;
  for (const MatchedPart& part : matched) {
    if (!overlap(state, part)) continue;
    parts.push_back({.begin = std::max(part.begin, state.begin) - state.begin,
                     .end = std::min(part.end, state.end) - state.begin});
  }
  print_shown(state.text, parts);
}

void LogPrinter::print_shown(std::string_view text, std::span<const MatchedPart> matched) {
  const auto colours = style_.colours ? journal::Colours::kept : journal::Colours::removed;
  if (matched.empty() || !style_.colours) return journal::append_shown(out_, text, colours);
  std::string shown;
  journal::append_shown(shown, text, colours);
  append_emphasised(out_, shown, matched);
}

void LogPrinter::print_json(const LogSource& source, const journal::LogLine& line) {
  control::JsonWriter json;
  json.begin_object();
  if (line.time_known) json.text_field("time", format_rfc3339(line.at.wall));
  json.text_field("instance", source.instance);
  json.text_field("stream", journal::word(source.kind));
  if (line.run != no_run) json.unsigned_field("run", number_of(line.run));
  if (line.lost > 0) json.unsigned_field("lost", line.lost);
  if (line.unreadable > 0) json.unsigned_field("unreadable", line.unreadable);
  if (line.missing_segments > 0) json.unsigned_field("missing_segments", line.missing_segments);
  if (!line.is_notice()) json.text_field("text", line.text);
  if (line.end == journal::LineEnd::more) json.boolean_field("partial", true);
  json.end_object();
  out_ += json.take();
  out_ += '\n';
}

void LogPrinter::print(const LogSource& source, const journal::LogLine& line,
                       std::span<const MatchedPart> matched) {
  if (style_.format == LogFormat::json) {
    print_json(source, line);
  } else if (style_.format == LogFormat::export_entries) {
    append_export(out_, source, line);
  } else if (is_raw() && line.is_notice()) {
    complain(source.instance + ": " + words_of(line));  // among the bytes it would be one of them
  } else {
    if (!continues(source, line)) begin_line(source, line);
    if (line.is_notice()) {
      print_notice(line);
    } else {
      print_text(line, matched);
      open_ = {.instance = source.instance, .kind = source.kind, .run = line.run};
      const bool ends = line.end == journal::LineEnd::line_end ||
                        (line.end == journal::LineEnd::none && !is_raw());
      if (ends) break_line();
    }
  }
  if (out_.size() > most_waiting) flush();
}

}  // namespace stayd::app
