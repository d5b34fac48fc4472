// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/pipe_widths.h"

#include <algorithm>
#include <charconv>

#include "os/files.h"
#include "os/splice.h"

namespace stayd::app {

namespace {

constexpr std::uint32_t usual = 64u << 10;
constexpr std::uint32_t wide = 256u << 10;
constexpr std::uint32_t widest = 1u << 20;
constexpr std::uint8_t looks_before_widening = 4;
constexpr Duration quiet_time = seconds(2);
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t default_pages = 16384;

std::size_t soft_limit_pages() {
  const auto text = os::read_file("/proc/sys/fs/pipe-user-pages-soft", 64);
  std::size_t pages = 0;
  if (text) (void)std::from_chars(text->data(), text->data() + text->size(), pages);
  return pages == 0 ? default_pages : pages;  // 0: no limit
}

std::size_t beyond_usual(const journal::Stream& stream) {
  return stream.capacity > usual ? stream.capacity - usual : 0;
}

}  // namespace

PipeWidths::PipeWidths() : left_(std::min(soft_limit_pages(), default_pages) / 2 * page_bytes) {}

bool PipeWidths::note_look(Slot slot, journal::Stream& stream, std::size_t bytes) {
  if (stream.capacity >= widest) return false;
  if (bytes < stream.capacity / 4 * 3) return false;
  if (++stream.full_looks < looks_before_widening) return false;
  stream.full_looks = 0;
  const std::uint32_t wanted =
      stream.capacity < usual ? usual : (stream.capacity < wide ? wide : widest);
  const std::size_t cost = wanted - usual - beyond_usual(stream);
  if (cost > left_) return false;
  if (os::set_pipe_capacity(stream.read_end.view(), wanted) != 0) return false;
  left_ -= cost;
  stream.capacity = wanted;
  if (wanted > usual && !is_widened(slot)) widened_.push_back(slot);
  return true;
}

void PipeWidths::narrow_quiet(journal::StreamTable& streams, Instant now) {
  std::erase_if(widened_, [&](Slot slot) {
    journal::Stream& stream = streams.at(slot);
    const bool quiet =
        stream.state != journal::StreamState::hot && now >= stream.last_turn + quiet_time;
    if (!quiet) return false;
    if (os::set_pipe_capacity(stream.read_end.view(), usual) != 0) {
      stream.last_turn = now;  // more waits in it than would fit: tried again later
      return false;
    }
    left_ += beyond_usual(stream);
    stream.capacity = usual;
    return true;
  });
}

Instant PipeWidths::deadline(const journal::StreamTable& streams) const {
  Instant earliest = Instant::never();
  for (const Slot slot : widened_) {
    const journal::Stream& stream = streams.at(slot);
    if (stream.state != journal::StreamState::watched) continue;
    earliest = std::min(earliest, stream.last_turn + quiet_time);
  }
  return earliest;
}

void PipeWidths::forget(Slot slot, const journal::Stream& stream) {
  if (std::erase(widened_, slot) > 0) left_ += beyond_usual(stream);
}

bool PipeWidths::is_widened(Slot slot) const {
  return std::ranges::find(widened_, slot) != widened_.end();
}

}  // namespace stayd::app
