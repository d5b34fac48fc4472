// SPDX-License-Identifier: Apache-2.0
#include "os/memory.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>

#include "os/file_bytes.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

TEST_CASE("sealed content cannot be changed by anyone who holds it") {
  const Fd file = *create_sealed("test", "content");
  CHECK(is_sealed(file.view()));
  CHECK(write_at(file.view(), 0, "x").number == EPERM);
  CHECK(set_file_size(file.view(), 0) == EPERM);
  CHECK_FALSE(Mapping::shared(file.view()).has_value());
  const Mapping mapping = *Mapping::read_only(file.view());
  CHECK(mapping.bytes() == "content");
}

TEST_CASE("what is not sealed says so") {
  CHECK_FALSE(is_sealed(create_memory_file("test", 10)->view()));
  const TemporaryFolder folder;
  CHECK_FALSE(is_sealed(open_file(folder / "x", OpenFor::read_write_create)->view()));
  CHECK_FALSE(is_sealed(FdView(-1)));
}

TEST_CASE("a shared mapping is seen through the other one") {
  const Fd file = *create_memory_file("test", 4096);
  CHECK(*file_size(file.view()) == 4096);
  const Mapping one = *Mapping::shared(file.view());
  Mapping moved = *Mapping::shared(file.view());
  const Mapping two = std::move(moved);
  CHECK(two.bytes() == std::string(4096, '\0'));
  std::memcpy(one.data(), "hello", 5);
  CHECK(two.bytes().substr(0, 5) == "hello");
  CHECK(moved.size() == 0);
}

TEST_CASE("an empty file is an empty mapping") {
  CHECK(Mapping::read_only(create_sealed("test", "")->view())->bytes().empty());
  CHECK(Mapping::shared(create_memory_file("test", 0)->view())->size() == 0);
}

TEST_CASE("no descriptor is left when there are too few or content cannot be written") {
  CHECK(fails_cleanly_without_descriptors([] { return create_memory_file("test", 10); }));
  CHECK(fails_cleanly_without_descriptors([] { return create_sealed("test", "content"); }));
}

}  // namespace
}  // namespace stayd::os
