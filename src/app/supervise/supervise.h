// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stayd::app {

/// `stayd @supervise`, started by the keeper: descriptor 3 is its channel (runtime/keeper_link.h),
/// 0 to 2 are the keeper's. Returns the exit status; the keeper goes by `leaving`.
int supervise_main();

}  // namespace stayd::app
