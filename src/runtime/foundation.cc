// SPDX-License-Identifier: Apache-2.0
#include "runtime/foundation.h"

#include <cstring>
#include <utility>

#include "model/descriptors.h"
#include "os/allocator.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/poll.h"
#include "os/process.h"

namespace stayd::runtime {
namespace {

struct Place {
  os::Fd keeper;
  os::Spawner spawner;
  Inheritance inheritance;
};

Inheritance note_inheritance(std::uint64_t soft_descriptors, const os::CoreLimit& core) {
  Inheritance inheritance;
  inheritance.soft_descriptors = soft_descriptors;
  inheritance.soft_core = core.soft;
  inheritance.hard_core = core.hard;
  inheritance.hard_descriptors = os::descriptor_limit();
  const auto score = os::read_file("/proc/self/oom_score_adj", 16);
  inheritance.oom_score_is_zero = score && *score == "0\n";
  return inheritance;
}

Result<Place> take_place() {
  os::tune_allocator();
  TRY(os::fill_standard_streams());
  TRY(os::reset_dispositions());
  TRY(os::block_signals());
  const os::CoreLimit core = os::disable_core_dumps().value_or(os::CoreLimit{});
  const std::uint64_t soft = TRY(os::raise_descriptor_limit());
  (void)os::set_process_group_of_own();
  TRY(os::become_subreaper());
  // The slots, if there are to be any, are the spawner's from here on.
  os::Fd given(keeper_descriptor);
  const bool has_slots = os::descriptor_limit() >= least_limit_for_slots;
  os::Fd keeper = TRY(os::duplicate(given.view(), has_slots ? table_slots : 3));
  given.reset();
  os::Spawner spawner = TRY(os::Spawner::create());
  return Place{std::move(keeper), std::move(spawner), note_inheritance(soft, core)};
}

Result<LinkReceived> receive_welcome(os::FdView keeper) {
  std::array<os::Polled, 1> watched{{{keeper, os::readable}}};
  TRY(os::poll(watched, seconds(10)));
  auto received = TRY(receive_link(keeper));
  if (received.closed || received.message.kind != LinkKind::welcome)
    return failure("the keeper did not say welcome");
  return received;
}

Status build_tables(const model::SpecView& spec, const model::Supervisor& settings, Names& names,
                    core::Catalog& catalog) {
  model::DescriptorNeed descriptors;
  for (std::uint32_t i = 0; i < spec.service_count(); ++i) {
    const model::Service service = TRY(spec.service(ServiceId{i}));
    names.add(service);
    catalog.add(service);
    descriptors.add(service);
  }
  names.finish();
  const std::uint64_t limit = os::descriptor_limit();
  if (!descriptors.fits(limit))
    return failure(descriptors.refusal(limit) + "; " + model::descriptor_advice);
  // Now, as children share the table until they have executed.
  os::enlarge_table(descriptors.of_instances + model::DescriptorNeed::of_stayd(limit));
  return catalog.finish(settings);
}

}  // namespace

Result<Foundation> lay_foundation() {
  Place place = TRY(take_place());
  LinkReceived welcome = TRY(receive_welcome(place.keeper.view()));
  std::array<os::Fd, held_count> held;
  std::size_t next = 0;
  for (std::size_t i = 0; i < held_count; ++i) {
    if ((welcome.message.present >> i & 1U) == 0) continue;
    if (next == welcome.descriptor_count) return failure("the keeper's welcome lacks descriptors");
    held[i] = std::move(welcome.descriptors[next++]);
  }
  const auto view = [&](Held thing) { return held[static_cast<std::size_t>(thing)].view(); };
  held[static_cast<std::size_t>(Held::cgroup)].reset();  // for the keeper's own use; we open ours
  if (!view(Held::spec).valid() || !view(Held::ledger).valid() || !view(Held::executable).valid())
    return failure("the keeper handed over no configuration, ledger or executable");

  os::Mapping spec_bytes = TRY(os::Mapping::read_only(view(Held::spec)));
  model::SpecView spec = TRY(model::SpecView::open(spec_bytes.bytes()));
  model::Supervisor settings = TRY(spec.supervisor());
  Names names;
  core::Catalog catalog;
  TRY(build_tables(spec, settings, names, catalog));
  Ledger ledger = TRY(Ledger::open(view(Held::ledger), catalog.instance_count(),
                                   checksum_of_spec(spec_bytes.bytes())));
  const char* crash = ledger.crash_text();
  std::string crash_text(crash, strnlen(crash, crash_text_bytes));
  TRY(os::install_crash_handler(ledger.crash_text(), crash_text_bytes));
  os::Epoll epoll = TRY(os::Epoll::create());
  os::SignalFd signals = TRY(os::SignalFd::create());
  os::Timer timer = TRY(os::Timer::create());
  return Foundation{.keeper = std::move(place.keeper),
                    .spawner = std::move(place.spawner),
                    .epoll = std::move(epoll),
                    .signals = std::move(signals),
                    .timer = std::move(timer),
                    .held = std::move(held),
                    .generation = welcome.message.generation,
                    .inheritance = place.inheritance,
                    .spec_bytes = std::move(spec_bytes),
                    .spec = spec,
                    .settings = std::move(settings),
                    .names = std::move(names),
                    .catalog = std::move(catalog),
                    .ledger = std::move(ledger),
                    .crash_text = std::move(crash_text)};
}

}  // namespace stayd::runtime
