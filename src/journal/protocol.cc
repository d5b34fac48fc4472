// SPDX-License-Identifier: Apache-2.0
#include "journal/protocol.h"

#include <cerrno>
#include <type_traits>

#include "base/bytes.h"

namespace stayd::journal {

namespace {

enum class Kind : std::uint8_t {
  configure = 1,
  streams = 2,
  keep = 3,
  release = 4,
  discard = 5,
  all_sent = 6,
  give_back = 7,
  leave = 8,
  hello = 64,
  ended = 65,
  given_stream = 66,
  given_kept = 67,
  given_back_all = 68,
  trouble = 69,
  matched = 70,
};

void boolean(ByteWriter& out, bool value) { out.number(static_cast<std::uint8_t>(value ? 1 : 0)); }

template <typename Enum>
void enumerator(ByteWriter& out, Enum value) {
  out.number(static_cast<std::underlying_type_t<Enum>>(value));
}

/// An enumerator up to `last`; anything above fails the reader.
template <typename Enum>
Enum enumerator(ByteReader& in, Enum last) {
  const auto value = in.number<std::underlying_type_t<Enum>>();
  if (value > static_cast<std::underlying_type_t<Enum>>(last)) in.fail();
  return in.ok() ? static_cast<Enum>(value) : last;
}

// -- writing: one overload a kind
// ------------------------------------------------------------------

void write(ByteWriter& out, const Configure& message) {
  enumerator(out, Kind::configure);
  out.text(message.log_dir);
  boolean(out, message.colours_stdout);
  boolean(out, message.colours_stderr);
  out.number(message.name_width);
  out.number(message.max_total);
}

void write(ByteWriter& out, const Streams& message) {
  enumerator(out, Kind::streams);
  out.text(message.instance);
  out.number(number_of(message.run));
  out.number(message.uid);
  boolean(out, message.settings.to_file);
  boolean(out, message.settings.to_console);
  enumerator(out, message.settings.format);
  enumerator(out, message.settings.on_full);
  out.number(message.settings.max_files);
  out.number(message.settings.max_size);
  enumerator(out, message.settings.timestamps);
  boolean(out, message.settings.to_syslog);
  boolean(out, message.settings.to_journal);
  out.number(message.settings.facility);
  out.text(message.settings.tag);
  out.number(message.settings.rate_limit);
  out.number(message.settings.rate_burst);
  out.text(message.ready_pattern);
  out.number(static_cast<std::uint32_t>(message.exec.size()));
  for (const std::string& word : message.exec) out.text(word);
  out.number(message.gid);
  out.number(message.count);
  for (std::size_t i = 0; i < message.count && i < message.ends.size(); ++i) {
    out.number(message.ends[i].number);
    enumerator(out, message.ends[i].kind);
  }
  enumerator(out, message.settings.compress);
  out.number(message.settings.max_age.ns);
  out.number(message.settings.max_total);
  boolean(out, message.set_ids);
  out.number(static_cast<std::uint32_t>(message.groups.size()));
  for (const std::uint32_t group : message.groups) out.number(group);
}

void write(ByteWriter& out, const Keep& message) {
  enumerator(out, Kind::keep);
  out.number(message.key);
}
void write(ByteWriter& out, const Release& message) {
  enumerator(out, Kind::release);
  out.number(message.key);
}
void write(ByteWriter& out, const Discard& message) {
  enumerator(out, Kind::discard);
  out.number(message.number);
}
void write(ByteWriter& out, const AllSent& message) {
  enumerator(out, Kind::all_sent);
  out.number(message.pid);
}
void write(ByteWriter& out, const GiveBack&) { enumerator(out, Kind::give_back); }
void write(ByteWriter& out, const Leave&) { enumerator(out, Kind::leave); }

void write(ByteWriter& out, const Hello& message) {
  enumerator(out, Kind::hello);
  out.number(message.pid);
}
void write(ByteWriter& out, const Ended& message) {
  enumerator(out, Kind::ended);
  out.number(static_cast<std::uint32_t>(message.streams.size()));
  for (const EndedStream& stream : message.streams) {
    out.number(stream.number);
    out.number(stream.bytes);
  }
}
void write(ByteWriter& out, const GivenStream& message) {
  enumerator(out, Kind::given_stream);
  out.number(message.number);
  enumerator(out, message.kind);
  out.text(message.instance);
  out.number(number_of(message.run));
}
void write(ByteWriter& out, const GivenKept& message) {
  enumerator(out, Kind::given_kept);
  out.number(message.key);
}
void write(ByteWriter& out, const GivenBackAll&) { enumerator(out, Kind::given_back_all); }
void write(ByteWriter& out, const Trouble& message) {
  enumerator(out, Kind::trouble);
  out.text(message.instance);
  boolean(out, message.begins);
  out.text(message.text);
  out.number(message.dropped);
  out.text(message.target);
  boolean(out, message.limited);
}
void write(ByteWriter& out, const Matched& message) {
  enumerator(out, Kind::matched);
  out.number(message.number);
}

template <typename Message>
std::string encode_any(const Message& message) {
  ByteWriter out;
  out.number(protocol_version);
  std::visit([&out](const auto& kind) { write(out, kind); }, message);
  return out.take();
}

// -- reading
// ---------------------------------------------------------------------------------------

Configure read_configure(ByteReader& in) {
  Configure message;
  message.log_dir = in.text();
  message.colours_stdout = in.boolean();
  message.colours_stderr = in.boolean();
  message.name_width = in.number<std::uint16_t>();
  message.max_total = in.number<std::uint64_t>();
  return message;
}

Streams read_streams(ByteReader& in) {
  Streams message;
  message.instance = in.text();
  message.run = RunId{in.number<std::uint64_t>()};
  message.uid = in.number<std::uint32_t>();
  message.settings.to_file = in.boolean();
  message.settings.to_console = in.boolean();
  message.settings.format = enumerator(in, model::LogFormat::json);
  message.settings.on_full = enumerator(in, model::OnFull::drop_newest);
  message.settings.max_files = in.number<std::uint32_t>();
  message.settings.max_size = in.number<std::uint64_t>();
  message.settings.timestamps = enumerator(in, model::Timestamps::tai64n);
  message.settings.to_syslog = in.boolean();
  message.settings.to_journal = in.boolean();
  message.settings.facility = in.number<std::uint8_t>();
  message.settings.tag = in.text();
  message.settings.rate_limit = in.number<std::uint64_t>();
  message.settings.rate_burst = in.number<std::uint64_t>();
  message.ready_pattern = in.text();
  const auto words = in.count(sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < words; ++i) message.exec.emplace_back(in.text());
  message.gid = in.number<std::uint32_t>();
  message.count = in.number<std::uint8_t>();
  if (message.count == 0 || message.count > message.ends.size()) in.fail();
  for (std::size_t i = 0; in.ok() && i < message.count; ++i) {
    message.ends[i].number = in.number<std::uint32_t>();
    message.ends[i].kind = enumerator(in, StreamKind::merged);
    if (message.ends[i].number == 0) in.fail();
  }
  message.settings.compress = enumerator(in, model::Compress::zstd);
  message.settings.max_age.ns = in.number<std::int64_t>();
  message.settings.max_total = in.number<std::uint64_t>();
  message.set_ids = in.boolean();
  message.groups.resize(in.count(sizeof(std::uint32_t)));
  for (std::uint32_t& group : message.groups) group = in.number<std::uint32_t>();
  return message;
}

Ended read_ended(ByteReader& in) {
  Ended message;
  message.streams.resize(in.count(sizeof(std::uint32_t) + sizeof(std::uint64_t)));
  for (EndedStream& stream : message.streams) {
    stream.number = in.number<std::uint32_t>();
    stream.bytes = in.number<std::uint64_t>();
  }
  return message;
}

GivenStream read_given_stream(ByteReader& in) {
  GivenStream message;
  message.number = in.number<std::uint32_t>();
  message.kind = enumerator(in, StreamKind::merged);
  message.instance = in.text();
  message.run = RunId{in.number<std::uint64_t>()};
  return message;
}

Trouble read_trouble(ByteReader& in) {
  Trouble message;
  message.instance = in.text();
  message.begins = in.boolean();
  message.text = in.text();
  message.dropped = in.number<std::uint64_t>();
  message.target = in.text();
  message.limited = in.boolean();
  return message;
}

std::unexpected<Error> unknown_kind(Kind kind) {
  return failure(ENOTSUP, "log writer protocol: kind " +
                              std::to_string(static_cast<unsigned>(kind)) +
                              " is of a newer version");
}

template <typename Message>
Result<Message> complete(const ByteReader& in, Message message) {
  if (!in.ok()) return failure("log writer protocol: a message is malformed");
  return message;
}

/// The kind, or none where version or length make it unreadable.
Result<Kind> begin(ByteReader& in) {
  const auto version = in.number<std::uint8_t>();
  const auto kind = static_cast<Kind>(in.number<std::uint8_t>());
  if (!in.ok()) return failure("log writer protocol: a message is too short");
  if (version != protocol_version) {
    return failure("log writer protocol: version " + std::to_string(version) + " instead of " +
                   std::to_string(protocol_version));
  }
  return kind;
}

Result<ToWriter> read_to_writer(ByteReader& in, Kind kind) {
  switch (kind) {
    case Kind::configure: return ToWriter{read_configure(in)};
    case Kind::streams: return ToWriter{read_streams(in)};
    case Kind::keep: return ToWriter{Keep{in.number<std::uint64_t>()}};
    case Kind::release: return ToWriter{Release{in.number<std::uint64_t>()}};
    case Kind::discard: return ToWriter{Discard{in.number<std::uint32_t>()}};
    case Kind::all_sent: return ToWriter{AllSent{in.number<std::int32_t>()}};
    case Kind::give_back: return ToWriter{GiveBack{}};
    case Kind::leave: return ToWriter{Leave{}};
    case Kind::hello:
    case Kind::ended:
    case Kind::given_stream:
    case Kind::given_kept:
    case Kind::given_back_all:
    case Kind::trouble:
    case Kind::matched: break;
  }
  return unknown_kind(kind);
}

Result<FromWriter> read_from_writer(ByteReader& in, Kind kind) {
  switch (kind) {
    case Kind::hello: return FromWriter{Hello{in.number<std::int32_t>()}};
    case Kind::ended: return FromWriter{read_ended(in)};
    case Kind::given_stream: return FromWriter{read_given_stream(in)};
    case Kind::given_kept: return FromWriter{GivenKept{in.number<std::uint64_t>()}};
    case Kind::given_back_all: return FromWriter{GivenBackAll{}};
    case Kind::trouble: return FromWriter{read_trouble(in)};
    case Kind::matched: return FromWriter{Matched{in.number<std::uint32_t>()}};
    case Kind::configure:
    case Kind::streams:
    case Kind::keep:
    case Kind::release:
    case Kind::discard:
    case Kind::all_sent:
    case Kind::give_back:
    case Kind::leave: break;
  }
  return unknown_kind(kind);
}

}  // namespace

StreamSettings settings_of(const model::Log& log) {
  return {.to_file = log.to_file,
          .to_console = log.to_console,
          .format = log.format,
          .on_full = log.on_full,
          .max_files = log.max_files,
          .max_size = log.max_size,
          .timestamps = log.timestamps,
          .to_syslog = log.to_syslog,
          .to_journal = log.to_journal,
          .facility = log.facility,
          .tag = log.tag,
          .rate_limit = log.rate_limit,
          .rate_burst = log.rate_burst,
          .compress = log.compress,
          .max_age = log.max_age,
          .max_total = log.max_total};
}

std::string encode(const ToWriter& message) { return encode_any(message); }
std::string encode(const FromWriter& message) { return encode_any(message); }

Result<ToWriter> decode_to_writer(std::string_view packet) {
  ByteReader in(packet);
  const Kind kind = TRY(begin(in));
  return complete(in, TRY(read_to_writer(in, kind)));
}

Result<FromWriter> decode_from_writer(std::string_view packet) {
  ByteReader in(packet);
  const Kind kind = TRY(begin(in));
  return complete(in, TRY(read_from_writer(in, kind)));
}

}  // namespace stayd::journal
