// SPDX-License-Identifier: Apache-2.0
#include "os/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/error.h"
#include "os/pipe.h"
#include "os/retry.h"

namespace stayd::os {

namespace {

constexpr unsigned noexec_seal = 0x0008;  // MFD_NOEXEC_SEAL, kernel 6.3; glibc 2.36 lacks it
constexpr int all_seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

Result<Fd> create_empty(const char* name) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd file(::memfd_create(name, flags | noexec_seal));
  if (!file.valid() && errno == EINVAL) file = Fd(::memfd_create(name, flags));
  if (!file.valid()) return last_error("cannot create a memory file");
  return file;
}

Result<std::pair<char*, std::size_t>> map(FdView file, int protection, int flags) {
  const std::size_t size = TRY(file_size(file));
  if (size == 0) return std::pair<char*, std::size_t>{nullptr, 0};  // mmap(2) refuses length 0
  void* at = ::mmap(nullptr, size, protection, flags, file.number(), 0);
  if (at == MAP_FAILED) return last_error("cannot map a file into memory");
  return std::pair{static_cast<char*>(at), size};
}

}  // namespace

Result<Fd> create_memory_file(const char* name, std::size_t size) {
  Fd file = TRY(create_empty(name));
  if (retry([&] { return ::ftruncate(file.number(), static_cast<off_t>(size)); }) != 0) {
    return last_error("cannot size a memory file");
  }
  return file;
}

Result<Fd> create_sealed(const char* name, std::string_view content) {
  Fd file = TRY(create_empty(name));
  TRY(write_all(file.view(), content));
  if (::fcntl(file.number(), F_ADD_SEALS, all_seals) != 0) {
    return last_error("cannot seal a memory file");
  }
  return file;
}

bool is_sealed(FdView file) {
  const int seals = ::fcntl(file.number(), F_GET_SEALS);
  return seals >= 0 && (seals & all_seals) == all_seals;
}

Result<std::size_t> file_size(FdView file) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("cannot examine an open file");
  return static_cast<std::size_t>(status.st_size);
}

Result<Mapping> Mapping::read_only(FdView file) {
  // Private: before kernel 6.7 a file sealed against writing cannot be mapped shared.
  const auto [data, size] = TRY(map(file, PROT_READ, MAP_PRIVATE));
  return Mapping(data, size);
}

Result<Mapping> Mapping::shared(FdView file) {
  const auto [data, size] = TRY(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
  return Mapping(data, size);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void Mapping::drop_resident() const {
  if (size_ != 0) madvise(data_, size_, MADV_DONTNEED);
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace stayd::os
