// SPDX-License-Identifier: Apache-2.0
// What keeper and supervisor say to each other: one fixed-size message a packet on a SOCK_SEQPACKET
// pair, descriptors beside it (SCM_RIGHTS). The keeper answers without allocating.
//
// The supervisor is started with descriptor 3 as its end of the pair, and reads `welcome` first.
// It is a child of the keeper; services are its children. When it dies they become the keeper's,
// zombies included, and the keeper reaps only what the next supervisor asks it to: `peek` looks at
// an exit status without taking it (waitid WNOWAIT), `reap` takes it, after it stands in the
// ledger.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::runtime {

/// Descriptor number of the supervisor's end.
inline constexpr int keeper_descriptor = 3;

/// What the keeper holds for the next supervisor, by place. Given in `welcome` in this order, those
/// that are there (bit i of `present`); put there by `hold`.
enum class Held : std::uint8_t {
  spec,          ///< sealed memfd (model/spec_codec.h)
  ledger,        ///< runtime/ledger.h
  listener,      ///< the control socket, listening; none for a supervisor without a runtime folder
  executable,    ///< O_PATH of the program that is running
  log_ours,      ///< supervisor's end of the log writer's channel
  log_theirs,    ///< the log writer's end: what was sent but not read reaches its successor
  private_read,  ///< journal/private_pipe.h
  private_write,
  private_word,
  cgroup,  ///< the base cgroup's folder, locked (runtime/containment.h): what is killed when the
           ///< supervisor dies in mode `kill`
};
inline constexpr std::size_t held_count = 10;

enum class LinkKind : std::uint8_t {
  // keeper -> supervisor
  welcome,           ///< present, generation; descriptors beside it
  signal,            ///< number, pid and uid of the sender, flag from_kernel: forwarded
  exit_seen,         ///< answer to peek: pid, outcome, status
  children_changed,  ///< SIGCHLD: some child of the keeper may have changed; ask peek_any
  // supervisor -> keeper
  hold,      ///< present bits; one descriptor for each: replaces what was held there
  started,   ///< the supervisor has resumed or started and answers on the control socket
  peek,      ///< pid; answered by exit_seen
  peek_any,  ///< answered by exit_seen of the first zombie that is neither supervisor's; or, when
             ///< there is none, of one that was stopped or continued; pid 0: nothing changed
  reap,      ///< pid: its status stands in the ledger
  leaving,   ///< status: the supervisor ends now, by decision; the keeper ends with it
};

enum class PeekOutcome : std::uint8_t {
  alive,
  ended,
  no_child,
  stopped,    ///< by signal `number`; told once
  continued,  ///< told once
};

struct LinkMessage {
  LinkKind kind = LinkKind::welcome;
  PeekOutcome outcome = PeekOutcome::alive;
  std::uint8_t flag = 0;       ///< signal: from_kernel; exit_seen: core dumped
  std::uint8_t signalled = 0;  ///< exit_seen: `number` is a signal, else an exit code
  std::uint16_t present = 0;   ///< welcome, hold: bits of Held
  std::uint16_t reserved = 0;
  std::int32_t pid = 0;
  std::int32_t number = 0;  ///< signal number, exit status, leaving status
  std::uint32_t uid = 0;
  std::uint64_t generation = 0;
};
static_assert(std::is_trivially_copyable_v<LinkMessage> && sizeof(LinkMessage) == 32);

/// The keeper never waits for a supervisor that does not read: signals and `children_changed` it
/// holds back (the kernel coalesces them), and answers as many as this. A supervisor that asks more
/// must read first.
inline constexpr int most_unanswered = 64;

/// Sends one message, or nothing: EAGAIN, the socket is full; EPIPE, the peer is gone.
Status try_send_link(os::FdView socket, const LinkMessage& message,
                     std::span<const os::FdView> descriptors = {});
/// Sends one message; waits where the socket is full (the peer always reads). EPIPE: the peer is
/// gone.
Status send_link(os::FdView socket, const LinkMessage& message,
                 std::span<const os::FdView> descriptors = {});

struct LinkReceived {
  LinkMessage message;
  bool closed = false;  ///< end of file: the peer is gone
  os::Fd descriptors[held_count];
  std::uint8_t descriptor_count = 0;
};
/// EAGAIN is an Error with that number; a packet of another size too (EBADMSG).
Result<LinkReceived> receive_link(os::FdView socket);

}  // namespace stayd::runtime
