// SPDX-License-Identifier: Apache-2.0
#include "journal/open_log.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "journal/instance_folder.h"
#include "journal/retention.h"
#include "journal/seek_table.h"
#include "journal/stamp.h"
#include "os/error.h"
#include "os/file_bytes.h"
#include "os/files.h"
#include "os/memory.h"

namespace stayd::journal {

namespace {

constexpr std::uint32_t file_mode = 0640;
constexpr std::uint64_t least_max_size = 64u << 10;
constexpr std::uint64_t longest_final_part = 64u << 10;
constexpr std::uint64_t reserve_step = 16u << 20;
constexpr std::uint64_t probe_bytes = 64u << 10;
// Below this, emptying the only segment frees too little to be worth losing it.
constexpr std::uint64_t worth_emptying = 256u << 10;
constexpr Duration look_period = seconds(1);
// So that text goes at most an eighth later than it should.
constexpr std::int64_t segments_in_max_age = 8;
constexpr Duration least_life = milliseconds(100);

std::uint64_t begin_of_final_part(std::uint64_t max_size) {
  return max_size - std::min(longest_final_part, max_size / 4);
}

Duration life_of_segment(Duration max_age) {
  return std::max(nanoseconds(max_age.ns / segments_in_max_age), least_life);
}

std::uint64_t text_bytes(os::FdView folder, LogKind kind, std::uint64_t segment) {
  if (const auto plain = os::status_at(folder, closed_text_name(kind, segment))) return plain->size;
  const auto name = compressed_text_name(kind, segment);
  const auto file = os::open_beneath(folder, name, os::OpenFor::read, 0);
  if (!file) return 0;
  const std::uint64_t size = os::file_size(file->view()).value_or(0);
  const auto places = read_seek_table(file->view(), size);
  return places ? places->back().in_text : size;
}

constexpr int no_byte = -1;

int first_byte_of(os::FdView text) {
  std::array<char, 1> first{};
  return os::read_at(text, 0, first).bytes == 1 ? static_cast<unsigned char>(first[0]) : no_byte;
}

// What is no regular file in our place (a symlink to elsewhere, a FIFO) is never followed nor
// opened: it makes way for a file of ours.
Result<os::Fd> open_for_writing(os::FdView folder, const std::string& name) {
  auto file = os::open_beneath(folder, name, os::OpenFor::read_write_create, file_mode);
  if (file || os::entry_kind(folder, name) != os::EntryKind::other) return file;
  TRY(os::remove_at(folder, name));
  return os::open_beneath(folder, name, os::OpenFor::read_write_create, file_mode);
}

Result<IndexWriter> open_index(os::FdView folder, LogKind kind, const IndexSubject& subject) {
  os::Fd file = TRY(open_for_writing(folder, current_index_name(kind)));
  return IndexWriter::open(std::move(file), subject);
}

}  // namespace

SegmentLimits limits_of(const StreamSettings& settings) {
  std::uint64_t max_size = settings.max_size;
  if (settings.max_total != 0) max_size = std::min(max_size, settings.max_total / 4);
  return {.max_size = max_size,
          .max_files = settings.max_files,
          .max_age = settings.max_age,
          .max_total = settings.max_total,
          .max_with_index = settings.max_total == 0 ? 0 : max_size / 4 * 5};
}

Result<std::unique_ptr<OpenLog>> OpenLog::open(const LogPlace& place) {
  const os::Fd folder =
      TRY(open_instance_folder(*place.log_dir, *place.instance, place.service_uid));
  const FolderContent content = TRY(repair_folder(folder.view(), place.kind));
  os::Fd text = TRY(open_for_writing(folder.view(), current_text_name(place.kind)));
  const std::uint64_t size = TRY(os::status_of(text.view())).size;
  const std::uint64_t segment = next_segment_number(content);
  const Stamp now = stamp_now();
  IndexWriter index = TRY(
      open_index(folder.view(), place.kind,
                 {.segment = segment, .text_size = size, .now = now, .max_age = place.max_age}));
  std::unique_ptr<OpenLog> log(new OpenLog(place, std::move(index)));
  log->reserving_pays_ = os::reserving_pays(text.view());
  TRY(log->take_text(std::move(text)));
  log->looked_ = now.since_boot;
  log->next_segment_ = segment;
  log->has_closed_ = !content.plain.empty();
  log->expires_ = content.texts.empty() ? Instant::never() : now.since_boot;  // to be looked at
  if (size > 0) log->born_ = {now.since_boot.ns - age_of(log->index_.begins(), now).ns};
  // What a killed predecessor had reserved beyond the end becomes free again.
  if (log->reserving_pays_ && size > 0) log->cut_at_end();
  return log;
}

OpenLog::~OpenLog() {
  (void)index_.flush();
  give_back_reserve();
}

Status OpenLog::take_text(os::Fd text) {
  const int first = first_byte_of(text.view());  // before its size: see look_for_hole()
  const os::FileStatus status = TRY(os::status_of(text.view()));
  inode_ = status.inode;
  device_ = status.device;
  size_ = status.size;
  first_ = first;
  text_ = std::move(text);
  return {};
}

// Bytes of a full pipe come at a known offset (splice(2) knows no appending): behind a hole when
// somebody has emptied the file since in_place() looked. The first byte shows it.
void OpenLog::look_for_hole(Moved& moved) {
  const int first = first_byte_of(text_.view());
  if (first_ == no_byte) {
    first_ = first;
  } else if (first == 0 && first_ != 0) {
    close_hole(moved);
  }
}

void OpenLog::close_hole(Moved& moved) {
  std::array<char, 4096> piece;
  std::size_t done = 0;
  while (done < moved.bytes) {
    const std::size_t most = std::min(piece.size(), moved.bytes - done);
    const os::Transfer got =
        os::read_at(text_.view(), moved.offset + done, std::span(piece).first(most));
    const os::Transfer put = os::write_at(text_.view(), done, {piece.data(), got.bytes});
    if (put.bytes == 0) return;
    done += put.bytes;
  }
  if (os::set_file_size(text_.view(), done) != 0) return;
  size_ = done;
  moved.offset = 0;
  born_ = Instant::never();
  first_ = first_byte_of(text_.view());
  restart_index(stamp_now());
}

void OpenLog::restart_index(const Stamp& now) {
  (void)index_.restart(
      {.segment = next_segment_, .text_size = 0, .now = now, .max_age = place_.max_age});
}

// Of another size than we wrote: somebody has truncated it, and extending it would make a hole.
void OpenLog::cut_at_end() {
  const auto size = os::file_size(text_.view());
  if (!size || *size != size_ || os::set_file_size(text_.view(), size_) != 0) return;
  Moved nothing{.offset = size_};
  look_for_hole(nothing);
}

// A file of another size was truncated: the next byte would leave a hole before it.
bool OpenLog::in_place(Instant now) {
  if (now - looked_ < look_period) {
    const auto size = os::file_size(text_.view());
    return size && *size == size_;
  }
  looked_ = now;
  const auto status = os::status_of_path(*place_.log_dir + "/" + *place_.instance + "/" +
                                         current_text_name(place_.kind));
  return status && status->inode == inode_ && status->device == device_ && status->size == size_;
}

Result<os::Fd> OpenLog::folder() const {
  return open_instance_folder(*place_.log_dir, *place_.instance, place_.service_uid);
}

Moved OpenLog::step(os::FdView pipe, std::size_t inside, const SegmentLimits& limits,
                    ScratchPipe& scratch) {
  full_ = full_ || index_fills(limits);
  if (const int number = rotate_if_full(limits); number != 0) return {.number = number};
  const std::uint64_t max_size = std::max(limits.max_size, least_max_size);
  std::size_t most = allowance(pipe, inside, max_size, scratch);
  if (most == 0) {  // full: at a line end, and what comes has none that still fits
    full_ = true;
    if (const int number = rotate_if_full(limits); number != 0) return {.number = number};
    most = std::min<std::uint64_t>(inside, begin_of_final_part(max_size));
  }
  reserve_for(most, max_size);
  const os::Transfer done = transfer(pipe, most, scratch);
  if (done.number == EFBIG && size_ > 0) {  // RLIMIT_FSIZE is below max_size: a new file fits again
    full_ = true;
    SegmentLimits smaller = limits;
    smaller.max_size = least_max_size;
    return step(pipe, inside, smaller, scratch);
  }
  const Moved result = moved(done);
  if (size_ >= max_size) full_ = true;
  if (done.bytes != most) full_ = false;
  return result;
}

Moved OpenLog::moved(const os::Transfer& done) {
  lent_ = false;
  Moved moved{.offset = size_, .bytes = done.bytes, .number = done.number};
  size_ += done.bytes;
  if (done.bytes > 0) look_for_hole(moved);
  return moved;
}

std::optional<os::PieceToMove> OpenLog::piece_of(os::FdView pipe, std::size_t inside,
                                                 std::size_t least, const SegmentLimits& limits) {
  if (lent_ || broken() || full_ || !can_splice_ || index_fills(limits)) return {};
  const std::uint64_t max_size = std::max(limits.max_size, least_max_size);
  const std::uint64_t end = begin_of_final_part(max_size);
  const std::size_t most = std::min<std::uint64_t>(inside, end - std::min(end, size_));
  if (most < least) return {};
  reserve_for(most, max_size);
  lent_ = true;
  return os::PieceToMove{.pipe = pipe, .file = text_.view(), .offset = size_, .most = most};
}

bool OpenLog::is_near_end(std::size_t bytes, const SegmentLimits& limits) const {
  return size_ > 0 && size_ + bytes > std::max(limits.max_size, least_max_size);
}

Moved OpenLog::append(std::string_view text, Cut cut, const SegmentLimits& limits) {
  switch (cut) {
    case Cut::here: full_ = full_ || is_near_end(text.size(), limits); break;
    case Cut::in_line: full_ = full_ || is_near_end(0, limits); break;
    case Cut::never: full_ = false; break;
  }
  full_ = full_ || (cut != Cut::never && index_fills(limits));
  if (const int number = rotate_if_full(limits); number != 0) return {.number = number};
  const os::Transfer put = os::write_at(text_.view(), size_, text);
  if (put.ok() && put.bytes == text.size()) {
    Moved moved{.offset = size_, .bytes = text.size()};
    size_ += text.size();
    look_for_hole(moved);
    return moved;
  }
  (void)os::set_file_size(text_.view(), size_);
  if (put.number == EFBIG && size_ > 0 && cut != Cut::never) {  // RLIMIT_FSIZE is below max_size
    full_ = true;
    return append(text, cut, limits);
  }
  return {.number = put.number != 0 ? put.number : EIO};
}

int OpenLog::cut_to(std::uint64_t size) {
  const int number = os::set_file_size(text_.view(), size);
  if (number == 0) size_ = size;
  return number;
}

// An index is a fraction of its text but for short lines that come one by one.
bool OpenLog::index_fills(const SegmentLimits& limits) const {
  const std::uint64_t both = size_ + index_.size();
  const std::uint64_t most = limits.max_with_index;
  if (most == 0 || both < most - most / 16) return false;
  return both >= most || at_line_end();
}

int OpenLog::rotate_if_full(const SegmentLimits& limits) {
  if (broken()) return EBADF;
  if (!full_) return 0;
  const Status done = rotate(limits);
  if (done) return 0;
  return done.error().number != 0 ? done.error().number : EIO;
}

// How much may go into this segment now; 0: none, close it first. In the final part it looks for
// line ends, so that the text is at a line end there as long as lines come whole.
std::size_t OpenLog::allowance(os::FdView pipe, std::size_t inside, std::uint64_t max_size,
                               ScratchPipe& scratch) {
  const std::uint64_t final_part = begin_of_final_part(max_size);
  if (size_ < final_part) return std::min<std::uint64_t>(inside, final_part - size_);
  if (size_ >= max_size) return 0;
  const std::size_t room = max_size - size_;
  const std::size_t wanted = std::min(inside, room);
  const LineEnd line = find_last_line_end(scratch, pipe, wanted);
  if (line.seen == 0) return wanted;  // cannot look: cut where it comes
  if (line.after == 0) return at_line_end() ? 0 : line.seen;
  full_ = line.after < line.seen || line.seen == room;
  return line.after;
}

bool OpenLog::at_line_end() const {
  std::array<char, 1> last{};
  if (size_ == 0) return true;
  const os::Transfer got = os::read_at(text_.view(), size_ - 1, last);
  return got.ok() && got.bytes == 1 && last[0] == '\n';
}

os::Transfer OpenLog::transfer(os::FdView pipe, std::size_t most, ScratchPipe& scratch) {
  if (can_splice_) {
    const os::Transfer done = os::splice_to_file(pipe, text_.view(), size_, most);
    if (done.number != EINVAL) return done;
    can_splice_ = false;  // a file system without splice
  }
  return copy(pipe, most, scratch);
}

// Bytes leave the pipe only once they are in the file: killed in between, they come twice, never
// not.
os::Transfer OpenLog::copy(os::FdView pipe, std::size_t most, ScratchPipe& scratch) {
  std::array<char, 4096> piece;
  const os::Transfer seen = scratch.look(pipe, std::min(most, piece.size()));
  if (!seen.ok()) return seen;
  const os::Transfer got = scratch.read(std::span(piece).first(seen.bytes));
  if (!got.ok()) return got;
  const os::Transfer put = os::write_at(text_.view(), size_, {piece.data(), got.bytes});
  if (put.bytes == 0) return put;
  return os::read_pipe(pipe, std::span(piece).first(put.bytes));
}

void OpenLog::reserve_for(std::size_t bytes, std::uint64_t max_size) {
  if (!reserves_ || size_ + bytes <= reserved_to_) return;
  const std::uint64_t from = std::max(size_, reserved_to_);
  if (from >= max_size) return;
  const std::uint64_t length = std::min(reserve_step, max_size - from);
  if (os::reserve_blocks(text_.view(), from, length) == 0) {
    reserved_to_ = from + length;
  } else {
    reserves_ = reserving_pays_ = false;
  }
}

void OpenLog::give_back_reserve() {
  reserves_ = false;
  free_reserve();
}

void OpenLog::free_reserve() {
  if (reserved_to_ == 0 || broken()) return;
  reserved_to_ = 0;
  cut_at_end();
}

void OpenLog::note(const Moved& moved, RunId run, const Stamp& now) {
  if (born_ == Instant::never()) born_ = now.since_boot;
  index_.note_burst({.at = now, .run = run, .offset = moved.offset, .length = moved.bytes});
}

void OpenLog::note(RecordKind kind, RunId run, std::uint64_t value, const Stamp& now) {
  index_.append(
      {.at = now, .run = run, .offset = size_, .length = 0, .value = value, .kind = kind});
}

Status OpenLog::rotate(const SegmentLimits& limits) {
  full_ = false;
  if (size_ == 0) return {};
  (void)index_.flush();
  const os::Fd where = TRY(folder());
  free_reserve();
  TRY(os::rename_at(where.view(), current_text_name(place_.kind),
                    closed_text_name(place_.kind, next_segment_)));
  text_.reset();  // from here on this segment is closed, whatever happens
  (void)os::rename_at(where.view(), current_index_name(place_.kind),
                      closed_index_name(place_.kind, next_segment_));
  ++next_segment_;
  has_closed_ = true;
  retain_closed(where.view(), limits, stamp_now());
  return begin_segment(where.view());
}

void OpenLog::retain_closed(os::FdView folder, const SegmentLimits& limits, const Stamp& now) {
  expires_ = retain(folder, place_.kind,
                    {.max_files = limits.max_files,
                     .max_age = limits.max_age,
                     .max_total = limits.max_total,
                     .expected = limits.max_with_index},
                    now);
}

Status OpenLog::keep_age(const SegmentLimits& limits, const Stamp& now) {
  const Duration life = life_of_segment(limits.max_age);
  const Duration age = born_ == Instant::never() ? Duration{} : now.since_boot - born_;
  // A line that is not ended yet has as long again to end.
  const bool is_due = age >= life && (at_line_end() || age >= life + life);
  if (is_due) return rotate(limits);
  const os::Fd where = TRY(folder());
  retain_closed(where.view(), limits, now);
  return {};
}

Instant OpenLog::age_deadline(Duration max_age) const {
  if (max_age.ns == 0) return Instant::never();
  return std::min(born_ + life_of_segment(max_age), expires_);
}

Status OpenLog::begin_segment(os::FdView folder) {
  os::Fd text = TRY(open_for_writing(folder, current_text_name(place_.kind)));
  const std::uint64_t size = TRY(os::status_of(text.view())).size;
  const RunId run = index_.last_run();
  index_ = TRY(open_index(folder, place_.kind,
                          {.segment = next_segment_,
                           .text_size = size,
                           .now = stamp_now(),
                           .max_age = place_.max_age}));
  index_.continue_run(run);
  born_ = Instant::never();
  return take_text(std::move(text));
}

int OpenLog::probe_room() {
  if (broken()) return EBADF;
  free_reserve();
  const int number = os::reserve_blocks(text_.view(), size_, probe_bytes);
  if (number == EOPNOTSUPP || number == ENOSYS) return 0;
  if (number == 0) cut_at_end();
  return number;
}

std::uint64_t OpenLog::drop_oldest(const Stamp& now) {
  const auto where = folder();
  if (!where) return 0;
  const FolderContent content = content_of(where->view(), place_.kind);
  if (content.texts.empty()) return empty_current(now);
  const std::uint64_t freed = text_bytes(where->view(), place_.kind, content.texts.front());
  const std::size_t gone =
      keep_newest_segments(where->view(), place_.kind, content.texts.size() - 1);
  return gone == 0 ? 0 : std::max<std::uint64_t>(freed, 1);
}

std::uint64_t OpenLog::empty_current(const Stamp& now) {
  if (broken() || size_ < worth_emptying) return 0;
  const RunId run = index_.last_run();
  const std::uint64_t freed = size_;
  if (os::set_file_size(text_.view(), 0) != 0) return 0;
  size_ = 0;
  first_ = no_byte;
  born_ = Instant::never();
  restart_index(now);
  note(RecordKind::gap, run, freed, now);
  return freed;
}

}  // namespace stayd::journal
