// Knows one interface by rtnetlink: its state now, and every change of it. Needs no privilege and polls nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "trouble.h"

struct LinkState {
  int index = 0;
  std::string name;
  std::string mac;  // aa:bb:cc:dd:ee:ff; empty when it has none
  bool ethernet = false;
  bool up = false;       // IFF_UP: somebody switched it on
  bool carrier = false;  // IFF_LOWER_UP: the cable, or what stands for one
  bool running = false;  // IFF_RUNNING: operational (RFC 2863), frames leave

  bool usable() const { return up && carrier; }
};

// What datagrams of rtnetlink tell of one interface; knows no socket.
class LinkNews {
 public:
  LinkNews() = default;
  explicit LinkNews(const std::string& name) { state_.name = name; }

  const LinkState& state() const { return state_; }
  bool known() const { return known_; }
  bool gone() const { return gone_; }
  // Adds what one datagram changes. Messages that are cut off, or whose lengths lie, tell nothing.
  void take(const uint8_t* datagram, size_t length, std::vector<Trouble>* changes);

 private:
  void take_link(uint16_t type, const LinkState& link, std::vector<Trouble>* changes);
  void compare(const LinkState& now, std::vector<Trouble>* changes);

  bool known_ = false;
  bool told_down_ = false;
  bool gone_ = false;
  LinkState state_;
};

class LinkWatch {
 public:
  LinkWatch() = default;
  ~LinkWatch() { close(); }
  LinkWatch(const LinkWatch&) = delete;
  LinkWatch& operator=(const LinkWatch&) = delete;

  // Subscribes first and asks then, so that no change falls between the two. False: `trouble` says why.
  bool open(const std::string& name, Trouble* trouble);
  const LinkState& state() const { return news_.state(); }
  bool gone() const { return news_.gone(); }
  // Readable when read_changes() has something to do.
  int fd() const { return fd_; }
  // After the thread that reads changes has ended. May be called again.
  void close();
  // What has changed since the last call, oldest first.
  std::vector<Trouble> read_changes();

 private:
  bool ask();

  int fd_ = -1;
  LinkNews news_;
};
