// SPDX-License-Identifier: Apache-2.0
#include "model/spec_codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/crc32c.h"
#include "model/spec_fields.h"

namespace stayd::model {
namespace {

/// Fills every field of a Spec that `fields` knows with something.
class Scrambler {
 public:
  explicit Scrambler(std::uint32_t seed) : random_(seed) {}
  void operator()(auto&... values) { (set(values), ...); }

  std::uint32_t up_to(std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(random_);
  }

 private:
  template <typename T>
  void set(T& value) {
    if constexpr (std::same_as<T, ServiceId>) {
      value = ServiceId{0};
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(up_to(static_cast<std::uint32_t>(last_of(T{}))));
    } else if constexpr (std::integral<T>) {
      value = static_cast<T>(up_to(0xffff'ffff));
    } else if constexpr (std::same_as<T, double>) {
      value = up_to(1000) / 1000.0;
    } else if constexpr (std::same_as<T, Duration>) {
      value.ns = up_to(0xffff'ffff) + 1LL;
    } else if constexpr (std::same_as<T, std::string>) {
      value.assign(up_to(40), 'x');
      for (char& c : value) c = static_cast<char>(1 + up_to(254));
    } else {
      fields(*this, value);
    }
  }
  template <typename T>
  void set(std::vector<T>& values) {
    values.resize(up_to(4));
    for (T& value : values) set(value);
  }
  template <typename T>
  void set(std::optional<T>& value) {
    value.reset();
    if (up_to(1) == 1) set(value.emplace());
  }

  std::mt19937 random_;
};

/// Brings a scrambled service within the bounds that the reader holds.
void mend(Service& s, Scrambler& scramble) {
  s.name = "web";
  s.numbered = true;
  s.replicas %= most_replicas + 1;
  s.restart.factor += 1;
  s.ready.fd = 3 + static_cast<std::int32_t>(scramble.up_to(60));
  s.ready.command.insert(s.ready.command.begin(), "/bin/true");
  s.stop.signal = 1 + static_cast<std::int32_t>(scramble.up_to(63));
  s.reload.signal = static_cast<std::int32_t>(scramble.up_to(64));
  s.log.max_size += least_segment;
  s.log.max_files |= 1;
  s.log.facility %= 24;
  s.log.max_total += least_log_total;
  auto& e = s.execution;
  e.command.emplace_back("x");
  e.executable.insert(0, 1, '/');
  e.directory.insert(0, 1, '/');
  if (e.umask) *e.umask %= 01000;
  if (e.nice) *e.nice %= 20;
  if (e.oom_score_adjust) *e.oom_score_adjust %= 1001;
  for (ResourceLimit& l : e.limits) {
    l.resource %= 16;
    if (l.soft > l.hard) std::swap(l.soft, l.hard);
  }
}

Spec scrambled(std::uint32_t seed) {
  Scrambler scramble(seed);
  Spec spec;
  scramble(spec.supervisor);
  spec.supervisor.log_max_total += least_log_total;
  for (std::string* path : {&spec.supervisor.name, &spec.supervisor.runtime_dir,
                            &spec.supervisor.state_dir, &spec.supervisor.log_dir}) {
    path->insert(0, 1, '/');
  }
  spec.supervisor.events_max_size += least_segment;
  spec.supervisor.events_max_files |= 1;
  spec.services.resize(1 + scramble.up_to(5));
  for (Service& service : spec.services) {
    scramble(service);
    mend(service, scramble);
  }
  return spec;
}

/// A small service with a value other than the default in every part.
Spec sample() {
  Spec spec;
  spec.supervisor = {.name = "shop-1a2b3c",
                     .title = "shop",
                     .config_path = "/srv/shop/stayd.toml",
                     .runtime_dir = "/run/stayd/shop",
                     .state_dir = "/var/lib/stayd/shop",
                     .log_dir = "/var/log/stayd/shop",
                     .max_parallel_starts = 4,
                     .when_supervisor_dies = WhenSupervisorDies::recover,
                     .exit_when = ExitWhen::any_fails,
                     .operator_gids = {27},
                     .events_max_size = 1 << 20};
  spec.services.resize(2);
  Service& db = spec.services[0];
  db.name = "db";
  db.execution.command = {"postgres", "-D", "/srv/db"};
  db.execution.executable = "/usr/bin/postgres";
  db.execution.directory = "/srv/db";
  db.execution.environment = {"HOME=/srv/db", "PATH=/usr/bin:/bin"};
  db.execution.set_ids = true;
  db.execution.uid = 70;
  db.execution.gid = 71;
  db.execution.user_name = "postgres";
  db.execution.umask = 077;
  db.execution.limits = {{.resource = 7, .soft = 1024, .hard = ~std::uint64_t{0}}};
  db.ready = {.kind = ProbeKind::tcp, .target = "127.0.0.1:5432"};
  db.stop.signal = 2;
  Service& web = spec.services[1];
  web = db;
  web.name = "web";
  web.numbered = true;
  web.replicas = 3;
  web.restart.never_on = {78, 79};
  web.log.stderr_to = StderrTo::merge;
  web.dependencies = {
      {.kind = EdgeKind::requires_, .on = ServiceId{0}, .condition = Condition::ready}};
  web.essential = true;
  return spec;
}

std::string with_checksum(std::string bytes) {
  const auto sum = crc32c(std::string_view(bytes).substr(16));
  return bytes.replace(12, 4, reinterpret_cast<const char*>(&sum), 4);
}

std::string test_data(const char* name) {
  std::string path = __FILE__;
  path.replace(path.rfind('/') + 1, std::string::npos, "testdata/").append(name);
  return path;
}

std::string content_of(const std::string& path) {
  std::string content;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    char buffer[4096];
    while (const auto n = std::fread(buffer, 1, sizeof buffer, file)) content.append(buffer, n);
    std::fclose(file);
  }
  return content;
}

}  // namespace

TEST_CASE("a Spec comes back from its byte form with every field as it was") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const std::string bytes = encode(scrambled(seed));
    const auto decoded = decode(bytes);
    REQUIRE_MESSAGE(decoded.has_value(), seed);
    CHECK(encode(*decoded) == bytes);
  }
}

TEST_CASE("services are found one by one, and only those that are there") {
  const std::string bytes = encode(sample());
  const auto view = SpecView::open(bytes);
  REQUIRE(view.has_value());
  CHECK(view->service_count() == 2);
  CHECK(view->supervisor()->name == "shop-1a2b3c");
  CHECK(view->supervisor()->operator_gids == std::vector<std::uint32_t>{27});
  const auto web = view->service(ServiceId{1});
  REQUIRE(web.has_value());
  CHECK(web->name == "web");
  CHECK(web->restart.never_on == std::vector<std::uint8_t>{78, 79});
  CHECK(web->execution.limits[0].hard == ~std::uint64_t{0});
  CHECK(web->execution.umask == 077u);
  CHECK(web->dependencies[0].kind == EdgeKind::requires_);
  CHECK_FALSE(view->service(ServiceId{2}).has_value());
}

TEST_CASE("a cut or bit-flipped Spec is refused, whatever byte it is") {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(SpecView::open(std::string_view(bytes).substr(0, size)).has_value());
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    CHECK_FALSE(SpecView::open(flipped).has_value());
  }
}

TEST_CASE("a forged Spec with a right checksum never brings an ill-formed service in") {
  const std::string bytes = encode(sample());
  for (std::size_t i = 16; i < bytes.size(); ++i) {
    for (const int value : {0, 0x7f, 0xff}) {
      std::string forged = bytes;
      forged[i] = static_cast<char>(value);
      const auto spec = decode(with_checksum(forged));
      if (!spec) continue;
      for (const Service& service : spec->services) {
        CHECK(service.execution.executable.starts_with('/'));
        CHECK(service.stop.signal >= 1);
        CHECK(service.stop.signal <= 64);
        for (const Dependency& d : service.dependencies) {
          CHECK(index_of(d.on) < spec->services.size());
        }
      }
    }
  }
}

TEST_CASE("numbers out of their range are refused, the least one too") {
  const auto is_read = [](const auto& change) {
    Spec spec = sample();
    change(spec.services[0].execution);
    return decode(encode(spec)).has_value();
  };
  CHECK(is_read([](Execution& e) { e.nice = -20; }));
  for (const int value : {INT32_MIN, -1001, 1001, INT32_MAX}) {
    CHECK_FALSE(is_read([&](Execution& e) { e.nice = value; }));
    CHECK_FALSE(is_read([&](Execution& e) { e.oom_score_adjust = value; }));
  }
}

TEST_CASE("what a newer stayd added at a record's end is skipped") {
  const std::string bytes = encode({.supervisor = sample().supervisor, .services = {}});
  // The supervisor's record is the last thing: 8 bytes more in it.
  std::string longer = bytes + "newfield";
  longer[20] = static_cast<char>(longer[20] + 8);
  const auto spec = decode(with_checksum(longer));
  REQUIRE(spec.has_value());
  CHECK(spec->supervisor.log_dir == "/var/log/stayd/shop");
}

TEST_CASE("what an older stayd did not write has its default") {
  const std::string bytes = encode({.supervisor = sample().supervisor, .services = {}});
  // Without the 13 bytes of events, log_max_total, viewer_gids, viewer_uids (empty: a count each)
  // and operator_gids (one element).
  std::string shorter = bytes.substr(0, bytes.size() - 37);
  shorter[20] = static_cast<char>(shorter[20] - 37);
  const auto spec = decode(with_checksum(shorter));
  REQUIRE(spec.has_value());
  CHECK(spec->supervisor.exit_when == ExitWhen::any_fails);
  CHECK(spec->supervisor.operator_gids.empty());
  CHECK(spec->supervisor.events);
  CHECK(spec->supervisor.events_max_size == 16 << 20);
}

TEST_CASE("a Spec of another version is refused with both numbers") {
  std::string bytes = encode(sample());
  bytes[8] = 2;
  const auto view = SpecView::open(bytes);
  REQUIRE_FALSE(view.has_value());
  CHECK(view.error().message ==
        "the compiled configuration has version 2, this stayd reads version 1");
}

TEST_CASE("the byte form is the one of the golden file (docs/formats/spec.md)") {
  const std::string bytes = encode(sample());
  const std::string path = test_data("spec-1.bin");
  if (std::getenv("STAYD_WRITE_GOLDEN") != nullptr) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  CHECK(content_of(path) == bytes);
}

TEST_CASE("instances are numbered only when the service has replicas") {
  Service service{.name = "web"};
  CHECK(instance_name(service, 1) == "web");
  service.numbered = true;
  CHECK(instance_name(service, 2) == "web@2");
}

TEST_CASE("an instance's texts and port are its own") {
  Service service{.name = "web", .numbered = true, .replicas = 3};
  service.execution.command = {"./web", "--name=${instance}", "$$HOME", "${other}", "$"};
  service.execution.environment = {"N=${replica}${replica}"};
  service.execution.has_instance_text = true;
  service.execution.port_base = 5100;
  service.ready.target = "/run/${instance}.sock";
  const Service second = for_instance(service, 2);
  CHECK(second.execution.command ==
        std::vector<std::string>{"./web", "--name=web@2", "$HOME", "${other}", "$"});
  CHECK(second.execution.environment == std::vector<std::string>{"N=22", "PORT=5101"});
  CHECK(second.ready.target == "/run/web@2.sock");
}

TEST_CASE("without instance texts nothing is touched") {
  Service service{.name = "web"};
  service.execution.command = {"echo", "$$", "${instance}"};
  CHECK(for_instance(service, 1).execution.command == service.execution.command);
}

}  // namespace stayd::model
