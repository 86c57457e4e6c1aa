#include "link_watch.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

// Kernel messages about one link stay far below this; a longer one is cut by recv and skipped by NLMSG_OK.
constexpr size_t MESSAGE_BYTES = 32768;

std::string mac_text(const uint8_t* bytes) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                bytes[4], bytes[5]);
  return text;
}

LinkState parse_link(const nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
  LinkState link;
  link.index = info->ifi_index;
  link.ethernet = info->ifi_type == ARPHRD_ETHER;
  link.up = (info->ifi_flags & IFF_UP) != 0;
  link.carrier = (info->ifi_flags & IFF_LOWER_UP) != 0;
  link.running = (info->ifi_flags & IFF_RUNNING) != 0;
  int left = static_cast<int>(IFLA_PAYLOAD(header));
  for (const rtattr* attribute = IFLA_RTA(info); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    const auto* data = static_cast<const uint8_t*>(RTA_DATA(attribute));
    if (attribute->rta_type == IFLA_IFNAME) {
      link.name.assign(reinterpret_cast<const char*>(data), strnlen(reinterpret_cast<const char*>(data), IFNAMSIZ));
    } else if (attribute->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attribute) == 6) {
      link.mac = mac_text(data);
    }
  }
  return link;
}

std::string why_unusable(const LinkState& link) {
  return link.up ? "no carrier" : "switched off";
}

bool refuse_unknown(const std::string& name, Trouble* trouble) {
  *trouble = {"no-such-interface", "There is no interface " + name + " here."};
  return false;
}

}  // namespace

// The thread of the environment.
void LinkWatch::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

// The thread of the environment, before there is a receive thread.
bool LinkWatch::open(const std::string& name, Trouble* trouble) {
  if (name.empty() || name.size() >= IFNAMSIZ) return refuse_unknown(name, trouble);
  fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  state_.name = name;
  if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || !ask()) {
    *trouble = {"capture-failed", "Cannot watch the links of this host: " + std::string(std::strerror(errno)) + "."};
    return false;
  }
  // The kernel answers a request before the call that made it returns.
  read_changes();
  return known_ || refuse_unknown(name, trouble);
}

// Asks for the link by index once it is known, by name before.
bool LinkWatch::ask() {
  struct {
    nlmsghdr header;
    ifinfomsg info;
    char attributes[RTA_SPACE(IFNAMSIZ)];
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.info);
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.info.ifi_family = AF_UNSPEC;
  request.info.ifi_index = state_.index;
  if (state_.index == 0) {
    auto* attribute = reinterpret_cast<rtattr*>(reinterpret_cast<char*>(&request) + request.header.nlmsg_len);
    attribute->rta_type = IFLA_IFNAME;
    attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(state_.name.size() + 1));
    std::memcpy(RTA_DATA(attribute), state_.name.c_str(), state_.name.size() + 1);
    request.header.nlmsg_len += RTA_SPACE(state_.name.size() + 1);
  }
  return send(fd_, &request, request.header.nlmsg_len, 0) >= 0;
}

// The thread of the environment while opening, then the receive thread.
std::vector<Trouble> LinkWatch::read_changes() {
  std::vector<Trouble> changes;
  alignas(nlmsghdr) char buffer[MESSAGE_BYTES];
  for (;;) {
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    // The kernel had more news than room: what we know may be old, so ask again.
    if (got < 0 && errno == ENOBUFS && ask()) continue;
    if (got <= 0) return changes;
    size_t left = static_cast<size_t>(got);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      take_message(header, &changes);
    }
  }
}

void LinkWatch::take_message(const void* message, std::vector<Trouble>* changes) {
  const auto* header = static_cast<const nlmsghdr*>(message);
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return;
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
  // A bridge tells of its ports in the same words: RTM_DELLINK of that family means "left the bridge".
  if (info->ifi_family != AF_UNSPEC) return;
  const LinkState link = parse_link(header);
  if (!known_ && link.name == state_.name && header->nlmsg_type == RTM_NEWLINK) {
    state_ = link;
    known_ = true;
  } else if (known_ && !gone_ && link.index == state_.index) {
    if (header->nlmsg_type == RTM_NEWLINK) return compare(link, changes);
    gone_ = true;
    changes->push_back({"interface-gone", state_.name + " is gone."});
  }
}

void LinkWatch::compare(const LinkState& now, std::vector<Trouble>* changes) {
  if (now.name != state_.name) {
    changes->push_back({"interface-changed", state_.name + " is now called " + now.name + "."});
  }
  if (now.mac != state_.mac) {
    changes->push_back(
        {"interface-changed", "The MAC address of " + now.name + " changed from " + state_.mac + " to " + now.mac + "."});
  }
  if (!told_down_ && !now.usable()) {
    changes->push_back({"interface-down", now.name + " is down (" + why_unusable(now) + ")."});
    told_down_ = true;
  }
  // The carrier comes first; until the kernel calls the link running it takes frames and throws them away.
  if (told_down_ && now.usable() && now.running) {
    changes->push_back({"interface-changed", now.name + " is up again."});
    told_down_ = false;
  }
  state_ = now;
}
