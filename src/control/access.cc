// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "control/server.h"

namespace stayd::control {
namespace {

bool contains(const std::vector<std::uint32_t>& all, std::uint32_t one) {
  return std::ranges::find(all, one) != all.end();
}

bool is_in(const os::Peer& peer, std::span<const std::uint32_t> groups,
           const std::vector<std::uint32_t>& gids) {
  return contains(gids, peer.gid) ||
         std::ranges::any_of(groups, [&](std::uint32_t gid) { return contains(gids, gid); });
}

}  // namespace

Right right_of(const os::Peer& peer, std::span<const std::uint32_t> groups, const Access& access) {
  if (peer.uid == 0 || peer.uid == access.owner_uid) return Right::owner;
  if (contains(access.operator_uids, peer.uid) || is_in(peer, groups, access.operator_gids)) {
    return Right::operator_;
  }
  if (contains(access.viewer_uids, peer.uid) || is_in(peer, groups, access.viewer_gids)) {
    return Right::viewer;
  }
  return Right::none;
}

}  // namespace stayd::control
