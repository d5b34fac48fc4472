// SPDX-License-Identifier: Apache-2.0
// The crash record. The handler runs in a process that is broken: it makes no allocation, takes no
// lock, and notes the certain things (signal, address) before it tries the uncertain (backtrace).
#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "os/error.h"
#include "os/signals.h"

namespace stayd::os {
namespace {

constexpr int most_frames = 32;

/// Appends to a text of bounded size that stays NUL-terminated all the time.
class Note {
 public:
  void begin(char* record, unsigned size) {
    at_ = record;
    end_ = record + size - 1;
    *at_ = '\0';
  }
  void text(std::string_view words) {
    const auto room = static_cast<std::size_t>(end_ - at_);
    const std::size_t size = std::min(words.size(), room);
    std::memcpy(at_, words.data(), size);
    at_ += size;
    *at_ = '\0';
  }
  void number(std::uint64_t value, unsigned base) {
    char digits[24];
    char* first = digits + sizeof digits;
    do {
      *--first = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    text({first, static_cast<std::size_t>(digits + sizeof digits - first)});
  }
  void address(std::uintptr_t value) {
    text("0x");
    number(value, 16);
  }

 private:
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// The handler has no argument of its own.
Note g_note;
std::uintptr_t g_load_offset = 0;  ///< what a position independent executable was moved by
int g_frames = 0;
alignas(16) char g_handler_stack[32 * 1024];

void note_failed_check(const char* condition, const char* file, int line) {
  g_note.text("check failed: ");
  g_note.text(condition);
  g_note.text(" at ");
  g_note.text(file);
  g_note.text(":");
  g_note.number(static_cast<std::uint64_t>(line), 10);
  g_note.text("; ");
}

std::string_view name_of(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGABRT: return "SIGABRT";
    case SIGTRAP: return "SIGTRAP";
    default: return "SIGSYS";
  }
}

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void*) {
  if (++g_frames > most_frames) return _URC_END_OF_STACK;
  g_note.text(" ");
  g_note.address(_Unwind_GetIP(context) - g_load_offset);
  return _URC_NO_REASON;
}

void on_fault(int signal, siginfo_t* info, void*) {
  g_note.text(name_of(signal));
  if (info->si_code > 0) {
    g_note.text(" at address ");
    g_note.address(reinterpret_cast<std::uintptr_t>(info->si_addr));
  } else {
    g_note.text(" sent by process ");
    g_note.number(static_cast<std::uint64_t>(info->si_pid), 10);
  }
  g_note.text("; backtrace:");
  _Unwind_Backtrace(note_frame, nullptr);
  // SA_RESETHAND has set the default action. A fault would come again by itself on return, but a
  // signal that somebody sent would not.
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

int note_load_offset(dl_phdr_info* info, std::size_t, void*) {
  g_load_offset = info->dlpi_addr;
  return 1;  // the first is the executable itself
}

}  // namespace

Status install_crash_handler(char* record, unsigned record_size) {
  ENSURE(record != nullptr && record_size > 1);
  g_note.begin(record, record_size);
  dl_iterate_phdr(note_load_offset, nullptr);
  stack_t stack{};
  stack.ss_sp = g_handler_stack;
  stack.ss_size = sizeof g_handler_stack;
  if (sigaltstack(&stack, nullptr) != 0) return last_error("cannot set the crash handler's stack");
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
  sigfillset(&action.sa_mask);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
    if (sigaction(signal, &action, nullptr) != 0) return last_error("cannot handle crashes");
  set_check_handler(note_failed_check);
  return {};
}

}  // namespace stayd::os
