#include "link_watch.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

// Kernel messages about one link stay far below this; a longer one is cut by recvfrom and tells nothing.
constexpr size_t MESSAGE_BYTES = 32768;

std::string mac_text(const uint8_t* bytes) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                bytes[4], bytes[5]);
  return text;
}

// One attribute, whose header says where it ends; false: it ends nowhere.
bool next_attribute(const uint8_t** at, size_t* left, rtattr* attribute, const uint8_t** data, size_t* length) {
  if (*left < sizeof *attribute) return false;
  std::memcpy(attribute, *at, sizeof *attribute);
  if (attribute->rta_len < sizeof *attribute || attribute->rta_len > *left) return false;
  *data = *at + sizeof *attribute;
  *length = attribute->rta_len - sizeof *attribute;
  const size_t step = std::min<size_t>(RTA_ALIGN(attribute->rta_len), *left);
  *at += step;
  *left -= step;
  return true;
}

// The body of a message about a link, from its ifinfomsg on.
LinkState parse_link(const ifinfomsg& info, const uint8_t* attributes, size_t left) {
  LinkState link;
  link.index = info.ifi_index;
  link.ethernet = info.ifi_type == ARPHRD_ETHER;
  link.up = (info.ifi_flags & IFF_UP) != 0;
  link.carrier = (info.ifi_flags & IFF_LOWER_UP) != 0;
  link.running = (info.ifi_flags & IFF_RUNNING) != 0;
  rtattr attribute;
  const uint8_t* data = nullptr;
  size_t length = 0;
  while (next_attribute(&attributes, &left, &attribute, &data, &length)) {
    if (attribute.rta_type == IFLA_IFNAME) {
      const auto* text = reinterpret_cast<const char*>(data);
      link.name.assign(text, strnlen(text, std::min<size_t>(length, IFNAMSIZ)));
    } else if (attribute.rta_type == IFLA_ADDRESS && length == 6) {
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
  news_ = LinkNews(name);
  if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || !ask()) {
    *trouble = {"capture-failed", "Cannot watch the links of this host: " + std::string(std::strerror(errno)) + "."};
    return false;
  }
  // The kernel answers a request before the call that made it returns.
  read_changes();
  return news_.known() || refuse_unknown(name, trouble);
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
  request.info.ifi_index = state().index;
  if (state().index == 0) {
    auto* attribute = reinterpret_cast<rtattr*>(reinterpret_cast<char*>(&request) + request.header.nlmsg_len);
    attribute->rta_type = IFLA_IFNAME;
    attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(state().name.size() + 1));
    std::memcpy(RTA_DATA(attribute), state().name.c_str(), state().name.size() + 1);
    request.header.nlmsg_len += RTA_SPACE(state().name.size() + 1);
  }
  return send(fd_, &request, request.header.nlmsg_len, 0) >= 0;
}

// The thread of the environment while opening, then the receive thread.
std::vector<Trouble> LinkWatch::read_changes() {
  std::vector<Trouble> changes;
  uint8_t buffer[MESSAGE_BYTES];
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_length = sizeof from;
    const ssize_t got = recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &from_length);
    if (got < 0 && errno == EINTR) continue;
    // The kernel had more news than room: what we know may be old, so ask again.
    if (got < 0 && errno == ENOBUFS && ask()) continue;
    if (got <= 0) return changes;
    // only the kernel is believed
    if (from.nl_pid == 0) news_.take(buffer, static_cast<size_t>(got), &changes);
  }
}

void LinkNews::take(const uint8_t* datagram, size_t length, std::vector<Trouble>* changes) {
  nlmsghdr header;
  while (length >= sizeof header) {
    std::memcpy(&header, datagram, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length) return;
    ifinfomsg info;
    if (header.nlmsg_len >= sizeof header + sizeof info) {
      const uint8_t* body = datagram + sizeof header;
      std::memcpy(&info, body, sizeof info);
      // A bridge tells of its ports in the same words: RTM_DELLINK of that family means "left the bridge".
      const bool of_link = header.nlmsg_type == RTM_NEWLINK || header.nlmsg_type == RTM_DELLINK;
      const size_t left = header.nlmsg_len - sizeof header - sizeof info;
      if (of_link && info.ifi_family == AF_UNSPEC) {
        take_link(header.nlmsg_type, parse_link(info, body + sizeof info, left), changes);
      }
    }
    const size_t step = std::min<size_t>(NLMSG_ALIGN(static_cast<size_t>(header.nlmsg_len)), length);
    datagram += step;
    length -= step;
  }
}

void LinkNews::take_link(uint16_t type, const LinkState& link, std::vector<Trouble>* changes) {
  if (!known_ && link.name == state_.name && type == RTM_NEWLINK) {
    state_ = link;
    known_ = true;
  } else if (known_ && !gone_ && link.index == state_.index) {
    if (type == RTM_NEWLINK) return compare(link, changes);
    gone_ = true;
    changes->push_back({"interface-gone", state_.name + " is gone."});
  }
}

void LinkNews::compare(const LinkState& now, std::vector<Trouble>* changes) {
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
