// SPDX-License-Identifier: Apache-2.0
#include "journal/private_pipe.h"

#include <atomic>
#include <cstdint>

#include "os/pipe.h"
#include "os/splice.h"

namespace stayd::journal {

namespace {

constexpr std::size_t shared_bytes = 4096;
constexpr std::size_t wanted_capacity = 1u << 20;  // an ordinary user's /proc/sys/fs/pipe-max-size

std::uint32_t* word(const os::Mapping& mapping) {
  return reinterpret_cast<std::uint32_t*>(mapping.data());
}

}  // namespace

Result<PrivatePipe> create_private_pipe() {
  os::Pipe pipe = TRY(os::create_pipe());
  for (std::size_t capacity = wanted_capacity; capacity > 65536; capacity /= 2) {
    if (os::set_pipe_capacity(pipe.write_end.view(), capacity) == 0) break;
  }
  os::Fd shared = TRY(os::create_memory_file("stayd-log-owner", shared_bytes));
  return PrivatePipe{std::move(pipe.read_end), std::move(pipe.write_end), std::move(shared)};
}

Result<OwnerWord> OwnerWord::map(os::FdView shared) {
  os::Mapping mapping = TRY(os::Mapping::shared(shared));
  if (mapping.size() < sizeof(std::uint32_t)) {
    return failure("the log writer's shared word is too small");
  }
  return OwnerWord(std::move(mapping));
}

std::uint32_t OwnerWord::get() const { return std::atomic_ref(*word(mapping_)).load(); }

void OwnerWord::set(std::uint32_t stream_number) {
  std::atomic_ref(*word(mapping_)).store(stream_number);
}

}  // namespace stayd::journal
