// SPDX-License-Identifier: Apache-2.0
#include "model/spec_codec.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "model/spec_fields.h"

namespace stayd::model {
namespace {

constexpr std::string_view magic = "stayspec";
constexpr std::size_t checksum_at = magic.size() + sizeof spec_version;
constexpr std::size_t count_at = checksum_at + sizeof(std::uint32_t);
constexpr std::size_t offsets_at = count_at + sizeof(std::uint32_t);

class Writer {
 public:
  void operator()(const auto&... values) { (put(values), ...); }
  ByteWriter& out() { return out_; }

 private:
  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_.number(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::same_as<T, bool>) {
      out_.number(static_cast<std::uint8_t>(value));
    } else if constexpr (std::integral<T>) {
      out_.number(value);
    } else if constexpr (std::same_as<T, double>) {
      out_.real(value);
    } else if constexpr (std::same_as<T, Duration>) {
      out_.number(value.ns);
    } else if constexpr (std::same_as<T, std::string>) {
      out_.text(value);
    } else {
      put_record(value);
    }
  }
  template <typename T>
  void put(const std::vector<T>& values) {
    out_.number(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) put(value);
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    put(value.value_or(T{}));
  }
  /// Length (of what follows), then the fields.
  void put_record(const auto& value) {
    const auto at = out_.size();
    out_.number(std::uint32_t{0});
    fields(*this, value);
    out_.patch(at, static_cast<std::uint32_t>(out_.size() - at - sizeof(std::uint32_t)));
  }

  ByteWriter out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}
  /// A record that ends before a field was written by an older stayd: the default stands.
  void operator()(auto&... values) { ((in_.left() == 0 ? void() : get(values)), ...); }
  [[nodiscard]] bool ok() const { return in_.ok(); }

 private:
  template <typename T>
  void get(T& value) {
    if constexpr (std::same_as<T, ServiceId>) {
      value = ServiceId{in_.number<std::uint32_t>()};
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(in_.number<std::underlying_type_t<T>>());
      if (value > last_of(T{})) in_.fail();
    } else if constexpr (std::same_as<T, bool>) {
      const auto byte = in_.number<std::uint8_t>();
      if (byte > 1) in_.fail();
      value = byte == 1;
    } else if constexpr (std::integral<T>) {
      value = in_.number<T>();
    } else if constexpr (std::same_as<T, double>) {
      value = in_.real();
    } else if constexpr (std::same_as<T, Duration>) {
      value.ns = in_.number<std::int64_t>();
    } else if constexpr (std::same_as<T, std::string>) {
      value = in_.text();
      // Texts become C strings: a NUL would cut one short without a word.
      if (value.find('\0') != std::string::npos) in_.fail();
    } else {
      get_record(value);
    }
  }
  template <typename T>
  void get(std::vector<T>& values) {
    constexpr std::size_t least = std::integral<T> ? sizeof(T) : sizeof(std::uint32_t);
    const auto n = in_.count(least);
    values.clear();
    for (std::uint32_t i = 0; i < n && ok(); ++i) get(values.emplace_back());
  }
  template <typename T>
  void get(std::optional<T>& value) {
    bool present = false;
    T content{};
    get(present);
    get(content);
    if (present) {
      value = content;
    } else {
      value.reset();
    }
  }
  void get_record(auto& value) {
    Reader record(in_.text());
    fields(record, value);
    if (!record.ok()) in_.fail();
  }

  ByteReader in_;
};

bool is_signal(std::int32_t number) { return number >= 1 && number <= 64; }
bool is_absolute(const std::string& path) { return path.starts_with('/'); }
bool is_span(Duration span) { return span.ns >= 0; }
bool is_within(double value, double least, double most) {
  return std::isfinite(value) && value >= least && value <= most;
}

bool is_well_formed(const Restart& r) {
  return is_span(r.delay) && is_span(r.max_delay) && is_span(r.reset_after) &&
         is_span(r.limit_interval) && is_within(r.factor, 1, most_factor) &&
         is_within(r.jitter, 0, 1);
}

bool is_well_formed(const Probe& p) {
  return is_span(p.delay) && is_span(p.timeout) && p.interval.ns > 0 && p.fd >= 3 && p.fd <= 63 &&
         (p.kind != ProbeKind::exec || (!p.command.empty() && is_absolute(p.command[0])));
}

bool is_well_formed(const Execution& e) {
  return !e.command.empty() && is_absolute(e.executable) && is_absolute(e.directory) &&
         e.umask.value_or(0) <= 0777 && is_within(e.nice.value_or(0), -20, 20) &&
         is_within(e.oom_score_adjust.value_or(0), -1000, 1000) &&
         std::ranges::all_of(e.limits, [](const ResourceLimit& l) {
           return l.resource < 16 && l.soft <= l.hard;  // RLIM_NLIMITS, kernel 2.6.24 and later
         });
}

bool is_total(std::uint64_t bytes) { return bytes == 0 || bytes >= least_log_total; }

bool is_well_formed(const Log& l) {
  return l.max_size >= least_segment && l.max_files >= 1 && l.facility < 24 && is_span(l.max_age) &&
         is_total(l.max_total);
}

bool is_well_formed(const Service& s, std::uint32_t services) {
  const auto known = [&](ServiceId id) { return index_of(id) < services; };
  return !s.name.empty() && s.replicas <= most_replicas && (s.numbered || s.replicas == 1) &&
         (s.type == ServiceType::group || is_well_formed(s.execution)) &&
         is_well_formed(s.restart) && is_well_formed(s.ready) && is_signal(s.stop.signal) &&
         is_span(s.stop.timeout) && (s.reload.signal == 0 || is_signal(s.reload.signal)) &&
         is_well_formed(s.log) &&
         std::ranges::all_of(s.dependencies, [&](const Dependency& d) { return known(d.on); }) &&
         std::ranges::all_of(s.on_failure, known);
}

bool is_well_formed(const Supervisor& s) {
  return !s.name.empty() && is_absolute(s.runtime_dir) && is_absolute(s.state_dir) &&
         is_absolute(s.log_dir) && is_span(s.shutdown_timeout) && is_total(s.log_max_total) &&
         s.events_max_size >= least_segment && s.events_max_files >= 1;
}

std::unexpected<Error> damaged(std::string_view what) {
  return failure("the compiled configuration is damaged: " + std::string(what));
}

/// One record, whose length `bytes` begins with.
template <typename T>
std::optional<T> read_record(std::string_view bytes) {
  Reader reader(bytes);
  std::optional<T> value{T{}};
  reader(*value);
  if (!reader.ok()) return std::nullopt;
  return value;
}

/// The end of the record that begins at `at`; none when it does not fit.
std::optional<std::uint64_t> end_of_record(std::string_view bytes, std::uint64_t at) {
  if (at > bytes.size()) return std::nullopt;
  ByteReader reader(bytes.substr(at));
  reader.text();
  if (!reader.ok()) return std::nullopt;
  return at + reader.offset();
}

}  // namespace

std::string encode(const Spec& spec) {
  ENSURE(spec.services.size() <= most_services);
  Writer writer;
  auto& out = writer.out();
  out.raw(magic);
  out.number(spec_version);
  out.number(std::uint32_t{0});
  out.number(static_cast<std::uint32_t>(spec.services.size()));
  for (std::size_t i = 0; i < spec.services.size(); ++i) out.number(std::uint64_t{0});
  writer(spec.supervisor);
  for (std::size_t i = 0; i < spec.services.size(); ++i) {
    out.patch(offsets_at + i * sizeof(std::uint64_t), std::uint64_t{out.size()});
    writer(spec.services[i]);
  }
  out.patch(checksum_at, crc32c(std::string_view(out.bytes()).substr(count_at)));
  return out.take();
}

Result<SpecView> SpecView::open(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!bytes.starts_with(magic)) return damaged("it does not begin with \"stayspec\"");
  reader.number<std::uint64_t>();
  const auto version = reader.number<std::uint32_t>();
  if (reader.ok() && version != spec_version) {
    return failure("the compiled configuration has version " + std::to_string(version) +
                   ", this stayd reads version " + std::to_string(spec_version));
  }
  const auto checksum = reader.number<std::uint32_t>();
  if (!reader.ok() || checksum != crc32c(bytes.substr(count_at))) return damaged("checksum");
  const auto count = reader.count(sizeof(std::uint64_t));
  if (!reader.ok() || count > most_services) return damaged("number of services");
  // Records follow each other without overlap, so that all of them cost no more than the blob.
  auto end = end_of_record(bytes, offsets_at + count * sizeof(std::uint64_t));
  for (std::uint32_t i = 0; i < count && end; ++i) {
    const auto offset = reader.number<std::uint64_t>();
    end = offset >= *end ? end_of_record(bytes, offset) : std::nullopt;
  }
  if (!end) return damaged("a record does not fit");
  return SpecView(bytes, count);
}

std::string_view SpecView::from_service(std::uint32_t index) const {
  ByteReader reader(bytes_.substr(offsets_at + index * sizeof(std::uint64_t)));
  return bytes_.substr(reader.number<std::uint64_t>());
}

Result<Supervisor> SpecView::supervisor() const {
  auto value = read_record<Supervisor>(bytes_.substr(offsets_at + count_ * sizeof(std::uint64_t)));
  if (!value || !is_well_formed(*value)) return damaged("the supervisor's record");
  return std::move(*value);
}

Result<Service> SpecView::service(ServiceId id) const {
  const auto index = index_of(id);
  const auto what = "service number " + std::to_string(index);
  if (index >= count_) return damaged(what + " does not exist");
  auto value = read_record<Service>(from_service(index));
  if (!value || !is_well_formed(*value, count_)) return damaged(what);
  return std::move(*value);
}

Result<Spec> decode(std::string_view bytes) {
  const SpecView view = TRY(SpecView::open(bytes));
  Spec spec;
  spec.supervisor = TRY(view.supervisor());
  spec.services.reserve(view.service_count());
  for (std::uint32_t i = 0; i < view.service_count(); ++i) {
    spec.services.push_back(TRY(view.service(ServiceId{i})));
  }
  return spec;
}

}  // namespace stayd::model
