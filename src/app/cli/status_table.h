// SPDX-License-Identifier: Apache-2.0
// `stayd status`: one line for each instance (docs/reference/cli.md). Pure.
#pragma once

#include <span>
#include <string>

#include "app/cli/output.h"
#include "base/time.h"
#include "control/instance_view.h"

namespace stayd::app {

struct StatusTable {
  const control::SupervisorView* supervisor = nullptr;
  std::span<const control::InstanceView> instances;
  WallTime now;
  Style style;
};

/// The head line and the table, each line cut to the terminal's width.
std::string render_status(const StatusTable& table);

/// The mark in front of an instance ("●"), coloured where the style has it.
std::string phase_mark(const control::InstanceView& instance, const Style& style);
/// The colour of its phase as a CSI sequence, and the sequence that ends it; empty without colours.
std::string_view phase_colour(const control::InstanceView& instance, const Style& style);
std::string_view end_of_colour(const Style& style);

/// "28M", "6.2M"; "-" when it is not known.
std::string memory_cell(const control::UsageView& usage);
/// Share of one processor over the run's life so far, "0.4%"; "-" when it is not known.
std::string cpu_cell(const control::InstanceView& instance, WallTime now);

}  // namespace stayd::app
