// SPDX-License-Identifier: Apache-2.0
#include "journal/line_sinks.h"

#include <algorithm>

#include "base/json_text.h"
#include "base/text.h"

namespace stayd::journal {

std::string phrase(Receiver receiver) {
  switch (receiver) {
    case Receiver::syslog: return "syslog (/dev/log)";
    case Receiver::journal: return "the journal (/run/systemd/journal/socket)";
  }
  return "?";
}

LineSinks::LineSinks(Console& console)
    : console_(console),
      targets_{DatagramTarget("/dev/log"), DatagramTarget("/run/systemd/journal/socket")} {}

bool LineSinks::are_wanted(const StreamSettings& settings) {
  return settings.to_syslog || settings.to_journal ||
         (settings.to_console && settings.format == model::LogFormat::json);
}

void LineSinks::take(const Stream& stream, std::string_view bytes, const Stamp& now) {
  lines_.take(stream.number, bytes,
              [&](std::string_view part, PartEnd end) { give(stream, part, end, now); });
}

void LineSinks::end(const Stream& stream, const Stamp& now) {
  lines_.end(stream.number,
             [&](std::string_view part, PartEnd end) { give(stream, part, end, now); });
}

void LineSinks::give(const Stream& stream, std::string_view part, PartEnd end, const Stamp& now) {
  const StreamSettings& settings = *stream.settings;
  if (settings.to_console && settings.format == model::LogFormat::json) {
    show_object(stream, part, end, now.wall);
  }
  if (!settings.to_syslog && !settings.to_journal) return;
  LineMessage message{.source = line_source_of(stream),
                      .tag = settings.tag.empty() ? *stream.instance->name : settings.tag,
                      .facility = settings.facility,
                      .text = part,
                      .end = end};
  message.severity = take_severity(message.text, stream.kind);
  if (settings.to_syslog) send(Receiver::syslog, message, now.since_boot);
  if (settings.to_journal) send(Receiver::journal, message, now.since_boot);
}

void LineSinks::send(Receiver receiver, const LineMessage& message, Instant now) {
  tell_dropped(receiver, now);
  text_.clear();
  switch (receiver) {
    case Receiver::syslog: append_syslog(text_, message); break;
    case Receiver::journal: append_journal(text_, message); break;
  }
  target(receiver).send(text_, now);
}

void LineSinks::show_object(const Stream& stream, std::string_view part, PartEnd end, WallTime at) {
  text_.clear();
  append_object_head(text_, line_source_of(stream), at);
  append_json(text_, part);
  text_ += end == PartEnd::line_end ? object_end : partial_object_end;
  const bool is_error = stream.kind == StreamKind::stderr_only;
  console_.show_whole(is_error ? ConsoleSide::error : ConsoleSide::output, text_);
}

void LineSinks::tell_dropped(Receiver receiver, Instant now) {
  const Dropped dropped = target(receiver).take_dropped();
  if (dropped.messages == 0) return;
  const std::string text = std::to_string(dropped.messages) + " lines (" +
                           format_size_short(dropped.bytes) +
                           ") were not delivered: it took too little for a while";
  send(receiver,
       {.source = {.instance = "@stayd", .kind = StreamKind::stderr_only},
        .tag = "stayd",
        .severity = severity_warning,
        .text = text},
       now);
}

void LineSinks::drain(Receiver receiver, const Stamp& now) {
  target(receiver).drain(now.since_boot);
  tell_dropped(receiver, now.since_boot);
}

void LineSinks::retry(const Stamp& now) {
  for (const Receiver receiver : receivers) {
    target(receiver).retry(now.since_boot);
    tell_dropped(receiver, now.since_boot);
  }
}

bool LineSinks::in_trouble() const {
  return std::ranges::any_of(targets_, &DatagramTarget::in_trouble);
}

}  // namespace stayd::journal
