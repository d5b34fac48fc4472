// SPDX-License-Identifier: Apache-2.0
// Configurations of any bytes: a reading ends in errors that can be shown, or in a Spec whose byte
// form is read again. The first file that is asked for is the input; what it includes, its env
// files among that, is the input again, once.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "config/world_test_support.h"
#include "model/spec_codec.h"

namespace {

using namespace stayd;

class InputWorld : public config::FakeWorld {
 public:
  explicit InputWorld(std::string input) : input_(std::move(input)) {}

  Result<std::string> read_file(const std::string& path, std::size_t) override {
    if (++reads_ > 2) return failure(ENOENT, "open " + path + ": no such file");
    return input_;
  }
  Result<std::vector<std::string>> list_matching(const std::string&) override {
    return std::vector<std::string>{"/srv/conf.d/a.toml", "/srv/conf.d/b.toml"};
  }

 private:
  std::string input_;
  int reads_ = 0;
};

void read_as(const char* path, const std::string& input) {
  InputWorld world(input);
  const auto result =
      config::read_in(world, {.path = path, .current_folder = "/srv", .restart = std::nullopt});
  ENSURE(result.read != config::has_errors(result.problems));
  ENSURE(result.text().empty() == result.problems.empty());
  if (!result.read) return;
  const std::string bytes = model::encode(result.spec);
  const auto again = model::decode(bytes);
  ENSURE(again.has_value());
  ENSURE(model::encode(*again) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  read_as("/srv/stayd.toml", input);
  read_as("/srv/Procfile", input);
  return 0;
}
